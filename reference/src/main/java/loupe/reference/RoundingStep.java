package loupe.reference;

/**
 * The places of the forward pass where engines differ in whether they round to their storage
 * format. The text is how the contract prints them.
 */
public enum RoundingStep {
  EMBED_FACTOR("the constant sqrt(d_model)"),
  EMBED("embedding * sqrt(d_model)"),
  NORM_SQUARE("RMSNorm: each x^2"),
  NORM_MEAN("RMSNorm: mean(x^2)"),
  NORM_SUM("RMSNorm: mean(x^2) + eps"),
  NORM_ROOT("RMSNorm: 1 / sqrt(mean(x^2) + eps)"),
  NORMALIZED("RMSNorm: x / sqrt(mean(x^2) + eps)"),
  GAIN_FACTOR("RMSNorm: 1 + w"),
  GAINED("RMSNorm: its result"),
  PROJECTION("every product with a weight matrix"),
  BIASED("every sum with a bias"),
  ROTARY_TABLE("rotary embedding: each cosine and sine"),
  ROTARY_PRODUCT("rotary embedding: each product"),
  ROTATED("rotary embedding: its result"),
  SCALED_QUERY("attention: query * scale"),
  SCORE_SCALE("attention: the constant scale"),
  RAW_SCORE("attention: query . key"),
  SCORE("attention: query . key * scale"),
  CAP_QUOTIENT("soft cap: x / cap"),
  CAP_TANH("soft cap: tanh(x / cap)"),
  CAPPED("soft cap: its result"),
  SOFTMAX_DIFFERENCE("softmax: each score - maximum"),
  SOFTMAX_EXP("softmax: each exp"),
  SOFTMAX_SUM("softmax: the sum"),
  PATTERN("softmax: its result"),
  MIXED("attention: pattern . values"),
  GELU_ARGUMENT("GELU: each step inside tanh"),
  GELU_TANH("GELU: tanh and 1 + tanh"),
  GELU("GELU: its result"),
  GATED("GELU(gate) * up"),
  ADDED("every residual sum");

  private final String text;

  RoundingStep(String text) {
    this.text = text;
  }

  /** What is rounded, in words. */
  public String text() {
    return text;
  }
}
