package loupe.sae;

import java.util.Arrays;
import loupe.reference.Arithmetic;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * A JumpReLU SAE or transcoder. For each activation row {@code a}
 *
 * <pre>
 *   pre            = a W_enc + b_enc                       [d_sae]
 *   features       = pre where pre &gt; threshold, else 0     [d_sae]
 *   reconstruction = features W_dec + b_dec                [d_out]
 * </pre>
 *
 * <p>The comparison is strict. Nothing is subtracted from {@code a} and nothing is rescaled: Gemma
 * Scope folded its training-time normalization and b_dec into the parameters (arXiv:2408.05147,
 * appendix A). SAEs trained with SAELens may say otherwise ({@code apply_b_dec_to_input}); these
 * encode {@code a - b_dec}.
 *
 * <p>Source: Rajamanoharan et al. 2024, "Jumping Ahead" (arXiv:2407.14435), equations 1 to 3.
 * Differs from: none. Thread-safe.
 */
public final class JumpReluSae {
  private static final int ELEMENTS_AT_ONCE = 1 << 22;

  private final Arithmetic arithmetic;
  private final SaeWeights weights;
  private final Weight minusBDec; // null where b_dec is not subtracted

  /**
   * What encoding gives.
   *
   * @param pre {@code [pos, d_sae]}
   * @param features {@code [pos, d_sae]}
   */
  public record Encoding(Tensor pre, Tensor features) {}

  /** An SAE of Gemma Scope's kind. */
  public JumpReluSae(Arithmetic arithmetic, SaeWeights weights) {
    this(arithmetic, weights, false);
  }

  /**
   * An SAE.
   *
   * @param subtractsBDec whether b_dec is subtracted from activations before they are encoded
   */
  public JumpReluSae(Arithmetic arithmetic, SaeWeights weights, boolean subtractsBDec) {
    if (subtractsBDec && weights.dIn() != weights.dOut()) {
      throw new InputException(
          "b_dec [%d] cannot be subtracted from activations [%d]"
              .formatted(weights.dOut(), weights.dIn()));
    }
    this.arithmetic = arithmetic;
    this.weights = weights;
    this.minusBDec = subtractsBDec ? negated(weights.bDec()) : null;
  }

  private Weight negated(Weight bias) {
    double[] values = new double[bias.rows()];
    bias.stored().read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = -values[i];
    }
    return arithmetic.weight(new HeapTensor("-b_dec", arithmetic.tensor(values, values.length)));
  }

  public SaeWeights weights() {
    return weights;
  }

  /** Whether b_dec is subtracted from activations before they are encoded. */
  public boolean subtractsBDec() {
    return minusBDec != null;
  }

  public Arithmetic arithmetic() {
    return arithmetic;
  }

  /** This SAE on an arithmetic that uses memory again; see {@link Arithmetic#forPass}. */
  public JumpReluSae forPass() {
    return new JumpReluSae(arithmetic.forPass(), weights, subtractsBDec());
  }

  /** Elements of one activation. */
  public int dIn() {
    return weights.dIn();
  }

  /** Number of features. */
  public int dSae() {
    return weights.dSae();
  }

  /** Elements of one reconstruction. */
  public int dOut() {
    return weights.dOut();
  }

  /**
   * How many rows to encode at once so that {@code [rows, d_sae]} stays a few megabytes. A row's
   * result does not depend on the others.
   */
  public int rowsAtOnce() {
    return Math.max(1, ELEMENTS_AT_ONCE / dSae());
  }

  /**
   * Pre-activations and features.
   *
   * @param a {@code [pos, d_in]}, or {@code [pos, head, d_head]} and the like: all axes but the
   *     first are flattened, the last one fastest
   * @throws InputException if a row of {@code a} has not d_in elements
   * @throws NonFiniteException if an activation or a parameter that was used is NaN or infinite
   */
  public Encoding encode(Tensor a) {
    Tensor x = flatten(a);
    Tensor centred = minusBDec == null ? x : arithmetic.addBias(x, minusBDec);
    Tensor pre = arithmetic.affine(centred, weights.wEnc(), weights.bEnc());
    return new Encoding(pre, arithmetic.jumpRelu(pre, weights.threshold()));
  }

  /**
   * The reconstruction {@code [pos, d_out]}; costs as much as there are features that are not 0.
   *
   * @param features {@code [pos, d_sae]}
   * @throws NonFiniteException if a parameter that was used is NaN or infinite
   */
  public Tensor decode(Tensor features) {
    if (features.rank() != 2 || features.dim(1) != dSae()) {
      throw new IllegalArgumentException(
          "decode: features %s, d_sae %d".formatted(Arrays.toString(features.shape()), dSae()));
    }
    return arithmetic.affine(features, weights.wDec(), weights.bDec());
  }

  /**
   * The directions that features write, rows of W_dec: {@code [features.length, d_out]}. They have
   * length 1 in Gemma Scope, but not in every SAE.
   *
   * @throws InputException if there is no such feature
   */
  public Tensor directions(int... features) {
    for (int feature : features) {
      requireFeature(feature);
    }
    return arithmetic.embed(weights.wDec(), features);
  }

  void requireFeature(int feature) {
    if (feature < 0 || feature >= dSae()) {
      throw new InputException(
          "there is no feature %d: this SAE has %d, 0 to %d"
              .formatted(feature, dSae(), dSae() - 1));
    }
  }

  private Tensor flatten(Tensor a) {
    long row = 1;
    for (int axis = 1; axis < a.rank(); axis++) {
      row *= a.dim(axis);
    }
    if (a.rank() < 2 || row != dIn()) {
      throw new InputException(
          "activations %s do not fit this SAE, which takes [pos, %d]"
              .formatted(Arrays.toString(a.shape()), dIn()));
    }
    return a.rank() == 2 ? a : a.reshape(a.dim(0), dIn());
  }
}
