package loupe.tests.ports;

import java.util.function.BiFunction;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;

/** Every operation of the forward pass and of SAEs, run on an {@link OperationCase}. */
public enum Operation {
  EMBED(
      "embedding times sqrt(d_model)",
      (a, c) ->
          a.embedScaled(
              c.weight(a, 3, c.width()),
              new int[] {0, 2, 1},
              Math.sqrt(c.number("d", 2304, 1, 5000)))),
  NORMALIZE(
      "RMSNorm before its gain",
      (a, c) -> a.normalize(c.activations(a, "x"), c.number("eps", 1e-6, 0, 0.1))),
  GAIN("gain of RMSNorm", (a, c) -> a.gain(c.activations(a, "x"), c.weight(a, c.width()))),
  PROJECT(
      "product with a matrix",
      (a, c) -> a.project(c.activations(a, "x"), c.weight(a, 5, c.width()))),
  ROTATE(
      "rotary embedding",
      (a, c) -> a.rotate(c.queries(a), c.positions(), c.number("theta", 10000, 2, 1e6))),
  SCORES(
      "scores",
      (a, c) ->
          a.scores(c.queries(a), c.rows(a, "k"), c.span(), c.number("scale", 0.0625, 0.05, 1))),
  SOFTCAP("soft cap", (a, c) -> a.softcap(c.arguments(a), c.number("cap", 50, 0.5, 60))),
  SOFTMAX("softmax", (a, c) -> a.softmax(c.scores(a), c.span())),
  MIX("mix of values", (a, c) -> a.mix(c.pattern(a), c.rows(a, "v"), c.span())),
  ATTEND(
      "attention from queries to mix",
      (a, c) ->
          a.attend(
              c.queries(a),
              c.rows(a, "k"),
              c.rows(a, "v"),
              c.span(),
              c.number("scale", 0.0625, 0.05, 1),
              c.number("cap", 50, 0.5, 60))),
  GELU("GELU", (a, c) -> a.gelu(c.arguments(a))),
  GEGLU("GELU(gate) * up", (a, c) -> a.geglu(c.arguments(a), c.activations(a, "up"))),
  ADD("sum", (a, c) -> a.add(c.activations(a, "x"), c.activations(a, "y"))),
  SUBTRACT("difference", (a, c) -> a.subtract(c.activations(a, "x"), c.activations(a, "y"))),
  ENCODE(
      "SAE: pre-activations",
      (a, c) ->
          a.addBias(a.combine(c.activations(a, "x"), c.weight(a, c.width(), 5)), c.weight(a, 5)));

  private final String text;
  private final BiFunction<Arithmetic, OperationCase, Tensor> run;

  Operation(String text, BiFunction<Arithmetic, OperationCase, Tensor> run) {
    this.text = text;
    this.run = run;
  }

  public String text() {
    return text;
  }

  /** The operation's result on the inputs of {@code c}. */
  public Tensor run(Arithmetic arithmetic, OperationCase c) {
    return run.apply(arithmetic, c);
  }
}
