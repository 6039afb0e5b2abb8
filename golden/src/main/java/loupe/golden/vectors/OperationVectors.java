package loupe.golden.vectors;

import com.google.gson.JsonObject;
import java.util.List;

/** Vectors of single operations. */
final class OperationVectors {
  private static final List<String> PRECISIONS = List.of("f32", "bf16");

  private final Asker asker;
  private final VectorFile file =
      new VectorFile("Every operation of the model by itself, with bounds for f32 and bf16.")
          .note("ordinary", "values and shapes as they come in a model; odd sizes")
          .note("grouped", "several query heads share a key head")
          .note("window", "a local layer: keys further back are excluded")
          .note("decode", "fewer queries than keys: a cache is continued")
          .note("special", "zeros of both signs, tiny, huge, and what saturates a function");

  private String op;
  private int count;
  private String flag;

  OperationVectors(Asker asker) {
    this.asker = asker;
  }

  VectorFile file() {
    rows();
    attention();
    elementwise();
    return file;
  }

  private OperationVectors of(String operation, String flagged) {
    count = operation.equals(op) ? count + 1 : 1;
    op = operation;
    flag = flagged;
    return this;
  }

  private void ask(String comment, JsonObject args) {
    for (String precision : PRECISIONS) {
      String id = op + "-" + count + "-" + precision;
      JsonObject request = Asker.request(id, op, precision, args);
      file.add(comment, List.of(flag), request, asker.result(request));
    }
  }

  private void rows() {
    of("embed", "ordinary")
        .ask(
            "rows times sqrt(d_model)",
            new Args().random("table", 1, 5, 6).ids("ids", 4, 0, 0, 2).json());
    of("rms_normalize", "ordinary")
        .ask("three rows", new Args().random("x", 20, 3, 7).number("eps", 1e-6).json());
    of("rms_normalize", "special")
        .ask(
            "eps matters where rows are small",
            new Args().random("x", 1e-3, 2, 5).number("eps", 1e-6).json());
    of("rms_gain", "ordinary")
        .ask(
            "the gain is 1 + weight",
            new Args().random("x", 2, 3, 7).random("weight", 0.7, 7).json());
    of("rms_norm", "ordinary")
        .ask(
            "norm and gain",
            new Args().random("x", 20, 3, 7).random("weight", 0.7, 7).number("eps", 1e-6).json());
    of("linear", "ordinary")
        .ask(
            "sums of 19 products",
            new Args().random("x", 2, 3, 19).random("weight", 0.3, 5, 19).json());
  }

  private void attention() {
    of("rope", "ordinary")
        .ask(
            "halves are rotated, not neighbours; far positions too",
            new Args()
                .random("x", 2, 5, 2, 8)
                .ids("positions", 0, 1, 2, 300, 4095)
                .number("theta", 10000)
                .json());
    of("scores", "grouped")
        .ask(
            "four query heads, two key heads",
            new Args()
                .random("q", 2, 4, 4, 6)
                .random("k", 2, 4, 2, 6)
                .number("scale", 0.25)
                .json());
    of("scores", "window")
        .ask(
            "two keys at most",
            new Args()
                .random("q", 2, 5, 2, 6)
                .random("k", 2, 5, 1, 6)
                .number("scale", 0.25)
                .number("window", 2)
                .json());
    of("scores", "decode")
        .ask(
            "one new query, five keys",
            new Args()
                .random("q", 2, 1, 2, 6)
                .random("k", 2, 5, 2, 6)
                .number("scale", 0.25)
                .json());
    of("softmax", "ordinary").ask("causal", new Args().random("scores", 9, 2, 4, 4).json());
    of("softmax", "window")
        .ask(
            "three keys at most",
            new Args().random("scores", 9, 2, 6, 6).number("window", 3).json());
    of("softmax", "special")
        .ask("scores beyond what exp holds", new Args().random("scores", 800, 1, 4, 4).json());
    of("mix", "grouped")
        .ask(
            "four query heads, two value heads",
            new Args().uniform("pattern", 4, 3, 3).random("v", 3, 3, 2, 5).json());
    of("attention", "grouped")
        .ask(
            "scores, cap, mask, softmax, mix",
            new Args()
                .random("q", 6, 4, 4, 6)
                .random("k", 6, 4, 2, 6)
                .random("v", 2, 4, 2, 6)
                .number("scale", 0.5)
                .number("cap", 50)
                .json());
    of("attention", "window")
        .ask(
            "a local layer that goes on from a cache",
            new Args()
                .random("q", 6, 2, 2, 6)
                .random("k", 6, 6, 1, 6)
                .random("v", 2, 6, 1, 6)
                .number("scale", 0.5)
                .number("cap", 50)
                .number("window", 3)
                .json());
  }

  private void elementwise() {
    float[] special = {0, -0.0f, 1e-30f, -1e-30f, 0.5f, -0.5f, 3, -3, 49.9f, -80, 1e4f, -1e4f};
    of("softcap", "ordinary")
        .ask("cap 50", new Args().random("x", 90, 3, 5).number("cap", 50).json());
    of("softcap", "special")
        .ask("cap 30", new Args().floats("x", special, 12).number("cap", 30).json());
    of("gelu_tanh", "ordinary").ask("the tanh form", new Args().random("x", 5, 4, 6).json());
    of("gelu_tanh", "special").ask("the tanh form", new Args().floats("x", special, 12).json());
    of("gated_gelu", "ordinary")
        .ask(
            "GELU of the gate alone",
            new Args().random("gate", 4, 3, 7).random("up", 4, 3, 7).json());
    of("residual_add", "ordinary")
        .ask("a sum", new Args().random("x", 90, 3, 5).random("branch", 9, 3, 5).json());
    of("sae_pre", "ordinary")
        .ask(
            "W_enc is [d_in, d_sae]",
            new Args()
                .random("x", 4, 3, 6)
                .random("W_enc", 0.4, 6, 9)
                .random("b_enc", 0.5, 9)
                .json());
    of("sae_decode", "ordinary")
        .ask(
            "W_dec is [d_sae, d_out]",
            new Args()
                .random("features", 3, 2, 9)
                .random("W_dec", 0.4, 9, 6)
                .random("b_dec", 0.5, 6)
                .json());
  }
}
