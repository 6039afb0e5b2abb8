package loupe.golden.vectors;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import loupe.reference.Hook;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.RowFilter;
import loupe.sae.SaeMetrics;
import loupe.sae.SpliceHook;
import loupe.sae.SteerHook;

/** What is right where the oracle has no operation: edits of a pass by an SAE, and metrics. */
final class RightAnswer {
  private static final double METRIC_TOLERANCE = 1e-4;

  private RightAnswer() {}

  /** Splicing and steering as they should be. */
  static Hook right(AttachedSae sae, RowFilter filter, SteerHook.Push push) {
    return push == null
        ? new SpliceHook(sae, false, List.of(), filter)
        : new SteerHook(sae, List.of(push), filter);
  }

  /** Metrics over all positions but {@code <bos>}, the first. */
  static JsonObject metrics(Tensor features, Tensor target, Tensor reconstruction) {
    SaeMetrics metrics = new SaeMetrics(reconstruction.dim(1));
    int rows = features.dim(0);
    metrics.add(features.rows(1, rows), target.rows(1, rows), reconstruction.rows(1, rows));
    JsonObject result = new JsonObject();
    Map.of(
            "cosine", metrics.cosine(),
            "fvu", metrics.fvu(),
            "l0", metrics.l0(),
            "mse", metrics.mse())
        .entrySet()
        .stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            metric -> {
              double value = metric.getValue().orElseThrow();
              double radius = METRIC_TOLERANCE * Math.abs(value);
              result.add(metric.getKey(), Asker.bounded(new double[] {value}, radius, 1));
            });
    return result;
  }
}
