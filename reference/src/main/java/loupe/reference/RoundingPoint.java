package loupe.reference;

/**
 * A place in the forward pass where an engine may round. A {@link RoundingPolicy} lists the places
 * where one engine does; everything between them is taken to be exact. Where two ways of computing
 * the same thing round differently, each has points of its own, and which of them a policy lists
 * says which way the engine goes.
 *
 * <p>In the order of the forward pass, which is the order in which policies list them.
 */
public enum RoundingPoint {
  WEIGHT("weight", "a matrix, when it is loaded"),
  VECTOR("vector", "the weights of a norm, when they are loaded"),
  EMBED_FACTOR("embed.factor", "sqrt(d_model)"),
  EMBED_OUTPUT("embed.output", "the embedding times that factor"),

  NORM_INPUT("norm.input", "x, as RMSNorm takes it"),
  NORM_SQUARE("norm.square", "x^2"),
  NORM_MEAN("norm.mean", "mean(x^2)"),
  NORM_SUM("norm.sum", "mean(x^2) + eps"),
  NORM_ROOT("norm.root", "sqrt(mean(x^2) + eps)"),
  NORM_RECIPROCAL("norm.reciprocal", "its reciprocal, which x is then multiplied by"),
  NORM_OUTPUT("norm.output", "x / sqrt(mean(x^2) + eps), before the gain"),
  GAIN_INPUT("gain.input", "xHat, as the gain takes it"),
  GAIN_UNIT("gain.unit", "1 + w"),
  GAIN_TERM("gain.term", "xHat * w, to which xHat is then added"),
  GAIN_OUTPUT("gain.output", "xHat * (1 + w), or xHat + xHat * w"),

  PROJECT_INPUT("project.input", "x, as a product with a matrix takes it"),
  PROJECT_OUTPUT("project.output", "a product with a matrix"),

  ROTARY_EXPONENT("rotary.exponent", "2p / d_head"),
  ROTARY_POWER("rotary.power", "theta ^ (2p / d_head), by which the position is then divided"),
  ROTARY_FREQUENCY("rotary.frequency", "theta ^ (-2p / d_head)"),
  ROTARY_STEP("rotary.step", "theta ^ (-2 / d_head): angles follow from each other by this factor"),
  ROTARY_POSITION("rotary.position", "the position"),
  ROTARY_ANGLE("rotary.angle", "the angle"),
  ROTARY_TABLE("rotary.table", "cosine and sine"),
  ROTARY_PRODUCT("rotary.product", "each product with a cosine or sine"),
  ROTARY_OUTPUT("rotary.output", "the sum of two such products"),

  CACHE("cache", "keys and values, as the cache holds them"),
  QUERY_FACTOR("query.factor", "scalar^(-1/2), where the query is scaled instead of the scores"),
  QUERY_SCALED("query.scaled", "the scaled query"),
  QUERY_CAST("query.cast", "the query, as the product with the keys takes it"),
  SCORE_DOT("score.dot", "the product of query and key"),
  SCORE_FACTOR("score.factor", "scalar^(-1/2), by which scores are multiplied"),
  SCORE_DIVISOR("score.divisor", "scalar^(1/2), by which scores are divided"),
  SCORE_SCALED("score.scaled", "the scaled score"),
  CAP_FACTOR("cap.factor", "1 / cap, by which scores and logits are multiplied"),
  CAP_QUOTIENT("cap.quotient", "x / cap"),
  CAP_TANH("cap.tanh", "its hyperbolic tangent"),
  CAP_OUTPUT("cap.output", "that times cap"),

  SOFTMAX_INPUT("softmax.input", "a score, as the softmax takes it"),
  SOFTMAX_SHIFT("softmax.shift", "score - maximum"),
  SOFTMAX_EXP("softmax.exp", "exp(score - maximum)"),
  SOFTMAX_PARTIAL("softmax.partial", "each partial sum over keys, in their order"),
  SOFTMAX_SUM("softmax.sum", "the sum over keys"),
  SOFTMAX_RECIPROCAL("softmax.reciprocal", "its reciprocal, which is then multiplied by"),
  SOFTMAX_OUTPUT("softmax.output", "exp over sum: the pattern"),
  MIX_PATTERN("mix.pattern", "the pattern, as the product with the values takes it"),
  MIX_PARTIAL("mix.partial", "each partial sum over keys of values times pattern, in their order"),
  MIX_OUTPUT("mix.output", "the mixed values"),
  RESIDUAL("residual", "a sum with the residual stream"),

  GELU_TABLE("gelu.table", "input and output of GELU's table, for |x| < 10; 0 below, x above"),
  GELU_CUBIC("gelu.cubic", "each operation of x/2 (1 + tanh(c (x + 0.044715 x^3)))"),
  GELU_FACTORED("gelu.factored", "each operation of x/2 (1 + tanh(c x (1 + 0.044715 x x)))"),
  GELU_OUTPUT("gelu.output", "GELU(gate)"),
  GATED("gated", "GELU(gate) * up"),

  SAE("sae", "every result of an SAE's operations, which the engine itself does not have");

  private final String id;
  private final String meaning;

  RoundingPoint(String id, String meaning) {
    this.id = id;
    this.meaning = meaning;
  }

  /** Its name in policies. */
  public String id() {
    return id;
  }

  /** What is rounded there. */
  public String meaning() {
    return meaning;
  }

  /** The point of this name. */
  public static RoundingPoint parse(String id) {
    for (RoundingPoint point : values()) {
      if (point.id.equals(id)) {
        return point;
      }
    }
    throw new InputException("there is no rounding point '" + id + "'");
  }
}
