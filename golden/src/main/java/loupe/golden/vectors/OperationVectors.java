package loupe.golden.vectors;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.Function;
import loupe.reference.DType;

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

  private void ask(String comment, Function<DType, Args> args) {
    for (String precision : PRECISIONS) {
      String id = op + "-" + count + "-" + precision;
      JsonObject request =
          Asker.request(
              id,
              op,
              precision,
              args.apply(precision.equals("f32") ? DType.F32 : DType.BF16).json());
      file.add(comment, List.of(flag), request, asker.result(request));
    }
  }

  private void rows() {
    of("embed", "ordinary")
        .ask(
            "rows times sqrt(d_model)",
            d -> new Args(d).random("table", 1, 5, 6).ids("ids", 4, 0, 0, 2));
    of("rms_normalize", "ordinary")
        .ask("three rows", d -> new Args(d).random("x", 20, 3, 7).number("eps", 1e-6));
    of("rms_normalize", "special")
        .ask(
            "eps matters where rows are small",
            d -> new Args(d).random("x", 1e-3, 2, 5).number("eps", 1e-6));
    of("rms_gain", "ordinary")
        .ask(
            "the gain is 1 + weight",
            d -> new Args(d).random("x", 2, 3, 7).random("weight", 0.7, 7));
    of("rms_norm", "ordinary")
        .ask(
            "norm and gain",
            d -> new Args(d).random("x", 20, 3, 7).random("weight", 0.7, 7).number("eps", 1e-6));
    of("linear", "ordinary")
        .ask(
            "sums of 19 products",
            d -> new Args(d).random("x", 2, 3, 19).random("weight", 0.3, 5, 19));
  }

  private void attention() {
    of("rope", "ordinary")
        .ask(
            "halves are rotated, not neighbours; far positions too",
            d ->
                new Args(d)
                    .random("x", 2, 5, 2, 8)
                    .ids("positions", 0, 1, 2, 300, 4095)
                    .number("theta", 10000));
    of("scores", "grouped")
        .ask(
            "four query heads, two key heads",
            d -> new Args(d).random("q", 2, 4, 4, 6).random("k", 2, 4, 2, 6).number("scale", 0.25));
    of("scores", "window")
        .ask(
            "two keys at most",
            d ->
                new Args(d)
                    .random("q", 2, 5, 2, 6)
                    .random("k", 2, 5, 1, 6)
                    .number("scale", 0.25)
                    .number("window", 2));
    of("scores", "decode")
        .ask(
            "one new query, five keys",
            d -> new Args(d).random("q", 2, 1, 2, 6).random("k", 2, 5, 2, 6).number("scale", 0.25));
    of("softmax", "ordinary").ask("causal", d -> new Args(d).random("scores", 9, 2, 4, 4));
    of("softmax", "window")
        .ask(
            "three keys at most",
            d -> new Args(d).random("scores", 9, 2, 6, 6).number("window", 3));
    of("softmax", "special")
        .ask("scores beyond what exp holds", d -> new Args(d).random("scores", 800, 1, 4, 4));
    of("mix", "grouped")
        .ask(
            "four query heads, two value heads",
            d -> new Args(d).uniform("pattern", 4, 3, 3).random("v", 3, 3, 2, 5));
    of("attention", "grouped")
        .ask(
            "scores, cap, mask, softmax, mix",
            d ->
                new Args(d)
                    .random("q", 6, 4, 4, 6)
                    .random("k", 6, 4, 2, 6)
                    .random("v", 2, 4, 2, 6)
                    .number("scale", 0.5)
                    .number("cap", 50));
    of("attention", "window")
        .ask(
            "a local layer that goes on from a cache",
            d ->
                new Args(d)
                    .random("q", 6, 2, 2, 6)
                    .random("k", 6, 6, 1, 6)
                    .random("v", 2, 6, 1, 6)
                    .number("scale", 0.5)
                    .number("cap", 50)
                    .number("window", 3));
  }

  private void elementwise() {
    // All on the grid of bfloat16.
    float[] special = {0, -0.0f, 0x1p-99f, -0x1p-99f, 0.5f, -0.5f, 3, -3, 49.75f, -80, 8192, -8192};
    of("softcap", "ordinary")
        .ask("cap 50", d -> new Args(d).random("x", 90, 3, 5).number("cap", 50));
    of("softcap", "special")
        .ask("cap 30", d -> new Args(d).floats("x", special, 12).number("cap", 30));
    of("gelu_tanh", "ordinary").ask("the tanh form", d -> new Args(d).random("x", 5, 4, 6));
    of("gelu_tanh", "special").ask("the tanh form", d -> new Args(d).floats("x", special, 12));
    of("gated_gelu", "ordinary")
        .ask(
            "GELU of the gate alone",
            d -> new Args(d).random("gate", 4, 3, 7).random("up", 4, 3, 7));
    of("residual_add", "ordinary")
        .ask("a sum", d -> new Args(d).random("x", 90, 3, 5).random("branch", 9, 3, 5));
    of("sae_pre", "ordinary")
        .ask(
            "W_enc is [d_in, d_sae]",
            d ->
                new Args(d)
                    .random("x", 4, 3, 6)
                    .random("W_enc", 0.4, 6, 9)
                    .random("b_enc", 0.5, 9));
    of("sae_decode", "ordinary")
        .ask(
            "W_dec is [d_sae, d_out]",
            d ->
                new Args(d)
                    .random("features", 3, 2, 9)
                    .random("W_dec", 0.4, 9, 6)
                    .random("b_dec", 0.5, 6));
  }
}
