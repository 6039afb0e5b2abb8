package loupe.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.loaders.SafetensorsWriter;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeMetrics;

/** One pass of an SAE over the rows of a file, a block at a time. */
final class Encoding {
  private final Terminal terminal;
  private final String id;
  private final JumpReluSae sae;
  private final ActivationRows inputs;
  private final ActivationRows targets;
  private final int firstMeasured;

  /**
   * @param targets what reconstructions are compared with; null for nothing
   * @param skipBos whether position 0 is left out of the metrics
   * @throws InputException if there are not as many targets as inputs
   */
  Encoding(
      Terminal terminal,
      FoundSae found,
      ActivationRows inputs,
      ActivationRows targets,
      boolean skipBos) {
    this.terminal = terminal;
    this.id = found.id();
    this.sae = found.sae().forPass();
    this.inputs = inputs;
    this.targets = targets;
    this.firstMeasured = skipBos ? 1 : 0;
    if (targets != null && targets.count() != inputs.count()) {
      throw new InputException(
          "%s has %d positions, but %s has %d"
              .formatted(targets.origin(), targets.count(), inputs.origin(), inputs.count()));
    }
  }

  /**
   * Writes {@code pre}, {@code features} and {@code reconstruction}; the file appears whole or not
   * at all.
   */
  SaeMetrics writeTo(Path out) {
    SaeMetrics metrics = new SaeMetrics(sae.dOut());
    Arithmetic arithmetic = sae.arithmetic();
    DType dtype = arithmetic.dtype();
    long count = inputs.count();
    Map<String, String> metadata =
        Map.of(
            "loupe.version", Version.text(),
            "loupe.arithmetic", arithmetic.name(),
            "loupe.sae", id);
    try (Progress progress = terminal.progress("encoding", count);
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                out,
                List.of(
                    new SafetensorsWriter.Entry("pre", dtype, count, sae.dSae()),
                    new SafetensorsWriter.Entry("features", dtype, count, sae.dSae()),
                    new SafetensorsWriter.Entry("reconstruction", dtype, count, sae.dOut())),
                metadata)) {
      int step = sae.rowsAtOnce();
      for (int from = 0; from < count; from += step) {
        int to = (int) Math.min(from + (long) step, count);
        block(from, to, writer, metrics);
        progress.advance(to - from);
      }
      writer.commit();
    }
    return metrics;
  }

  private void block(int from, int to, SafetensorsWriter writer, SaeMetrics metrics) {
    Tensor rows = inputs.read(sae.arithmetic(), from, to);
    JumpReluSae.Encoding encoding = sae.encode(rows);
    Tensor reconstruction = sae.decode(encoding.features());
    DType dtype = sae.arithmetic().dtype();
    writer.write("pre", (long) from * sae.dSae(), encoding.pre().as(dtype));
    writer.write("features", (long) from * sae.dSae(), encoding.features().as(dtype));
    writer.write("reconstruction", (long) from * sae.dOut(), reconstruction.as(dtype));
    measure(from, to, encoding.features(), reconstruction, metrics);
    sae.arithmetic().recycle(rows);
  }

  private void measure(
      int from, int to, Tensor allFeatures, Tensor reconstruction, SaeMetrics metrics) {
    int measured = Math.max(firstMeasured, from);
    if (measured >= to) {
      return;
    }
    Tensor features = allFeatures.rows(measured - from, to - from);
    if (targets == null) {
      metrics.add(features);
    } else {
      metrics.add(
          features,
          targets.read(sae.arithmetic(), measured, to),
          reconstruction.rows(measured - from, to - from));
    }
  }
}
