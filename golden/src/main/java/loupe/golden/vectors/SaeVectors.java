package loupe.golden.vectors;

import com.google.gson.JsonObject;
import java.util.List;
import loupe.golden.GoldenSae;
import loupe.reference.DType;
import loupe.reference.Tensor;

/** Vectors of SAEs: whole ones, thresholds, ties. */
final class SaeVectors {
  static final float[] THRESHOLDS = {1, 0.5f, 0, 30.25f, 0.1f};

  private final Asker asker;

  SaeVectors(Asker asker) {
    this.asker = asker;
  }

  VectorFile file() {
    VectorFile file =
        new VectorFile("JumpReLU SAEs and transcoders.")
            .note("whole", "an SAE of each site on rows of a golden trace")
            .note("threshold", "exactly at the threshold a feature is off, one unit above it is on")
            .note(
                "undecided", "so near the threshold that a rounding may flip it: either is right");
    thresholds(file);
    for (String id :
        List.of("reversed-res", "reversed-att", "reversed-mlp", "reversed-transcoder")) {
      GoldenSae golden = GoldenSae.of(id);
      Tensor x = TensorsOf.stored(golden.goldenCase().trace().tensor(golden.attachment().input()));
      Tensor rows = x.reshape(x.dim(0), x.rowSize()).as(DType.F32).rows(0, 4);
      JsonObject args = new JsonObject();
      args.add("x", Asker.tensor(rows));
      args.add("sae", TensorsOf.parameters(golden.parameters()));
      JsonObject request = Asker.request("whole-" + id, "sae", "f32", args);
      file.add(
          "site " + golden.attachment() + " of model " + golden.goldenCase().id(),
          List.of("whole"),
          request,
          asker.result(request));
    }
    return file;
  }

  /** Exact: nothing is rounded between the given pre-activations and the comparison. */
  static JsonObject threshold(String id, float[] pre) {
    JsonObject args =
        new Args()
            .floats("pre", pre, 1, pre.length)
            .floats("threshold", THRESHOLDS, THRESHOLDS.length)
            .json();
    return Asker.request(id, "sae_jumprelu", "f32", args);
  }

  private void thresholds(VectorFile file) {
    float[] threshold = THRESHOLDS;
    float[] at = threshold.clone();
    float[] above = new float[threshold.length];
    float[] below = new float[threshold.length];
    float[] negative = new float[threshold.length];
    for (int i = 0; i < threshold.length; i++) {
      above[i] = Math.nextUp(threshold[i]);
      below[i] = Math.nextDown(threshold[i]);
      negative[i] = -2 * threshold[i] - 1;
    }
    String[] names = {"at", "one-unit-above", "one-unit-below", "negative"};
    float[][] rows = {at, above, below, negative};
    for (int i = 0; i < rows.length; i++) {
      JsonObject request = threshold("threshold-" + names[i], rows[i]);
      file.add("pre-activations are given", List.of("threshold"), request, asker.result(request));
    }
    JsonObject sae =
        new Args()
            .floats("W_enc", new float[] {1, 1, 1, 1}, 2, 2)
            .floats("b_enc", new float[] {0, 0}, 2)
            .floats("W_dec", new float[] {1, 0, 0, 1}, 2, 2)
            .floats("b_dec", new float[] {0, 0}, 2)
            .floats("threshold", new float[] {0.3f, 1}, 2)
            .json();
    JsonObject args = new Args().floats("x", new float[] {0.1f, 0.2f}, 1, 2).json();
    args.add("sae", sae);
    JsonObject request = Asker.request("undecided-sum", "sae", "f32", args);
    file.add(
        "0.1 + 0.2 against a threshold of 0.3, all in float32",
        List.of("undecided"),
        request,
        asker.result(request));
  }
}
