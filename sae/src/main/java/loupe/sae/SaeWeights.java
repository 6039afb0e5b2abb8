package loupe.sae;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.NonFiniteException;
import loupe.reference.RescaledTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Weight;

/**
 * The parameters of a JumpReLU SAE or transcoder, as Gemma Scope's {@code params.npz} and SAELens's
 * {@code sae_weights.safetensors} both store them. For an SAE d_out is d_in.
 *
 * @param wEnc {@code [d_in, d_sae]}
 * @param bEnc {@code [d_sae]}
 * @param wDec {@code [d_sae, d_out]}: row k is the direction that feature k writes
 * @param bDec {@code [d_out]}
 * @param threshold {@code [d_sae]}, none negative
 */
public record SaeWeights(Weight wEnc, Weight bEnc, Weight wDec, Weight bDec, Weight threshold) {
  private static final Set<String> NAMES =
      new TreeSet<>(Set.of("W_enc", "W_dec", "b_enc", "b_dec", "threshold"));

  /**
   * Reads and checks the five tensors. Vectors are read at once, matrices as they are needed.
   *
   * <p>Negative thresholds are refused: the JumpReLU of arXiv:2407.14435 has thresholds above 0
   * (they are trained by their logarithms), and programs differ in what they make of others, a
   * negative feature or, by a ReLU before it, none.
   *
   * @throws InputException if a tensor is missing, of another shape or type than the others demand,
   *     or unknown; or if a vector holds a number that it must not
   */
  public static SaeWeights load(TensorSource source, Arithmetic arithmetic) {
    requireNames(source);
    StoredTensor wEnc = matrix(source, "W_enc");
    StoredTensor wDec = matrix(source, "W_dec");
    StoredTensor bEnc = vector(source, "b_enc");
    StoredTensor bDec = vector(source, "b_dec");
    StoredTensor threshold = vector(source, "threshold");
    requireFit(source, wEnc, 1, bEnc, "[d_in, d_sae]", "[d_sae]");
    requireFit(source, wEnc, 1, threshold, "[d_in, d_sae]", "[d_sae]");
    requireFit(source, wDec, 1, bDec, "[d_sae, d_out]", "[d_out]");
    if (wEnc.shape()[1] != wDec.shape()[0]) {
      throw misfit(source, wEnc, wDec, "[d_in, d_sae]", "[d_sae, d_out]");
    }
    requireNumbers(source, bEnc, false);
    requireNumbers(source, bDec, false);
    requireNumbers(source, threshold, true);
    return new SaeWeights(
        arithmetic.weight(wEnc),
        arithmetic.weight(bEnc),
        arithmetic.weight(wDec),
        arithmetic.weight(bDec),
        arithmetic.weight(threshold));
  }

  /** Elements of one activation. */
  public int dIn() {
    return wEnc.rows();
  }

  /** Number of features. */
  public int dSae() {
    return wEnc.columns();
  }

  /** Elements of one reconstruction. */
  public int dOut() {
    return wDec.columns();
  }

  /**
   * The same SAE in other units: feature k's activation becomes {@code factors[k]} times what it
   * was, and reconstructions stay. For that W_enc's column, b_enc <em>and the threshold</em> are
   * multiplied by the factor, and W_dec's row is divided by it. Factors {@code |W_dec[k]|} give
   * decoder rows of length 1. Matrices are not copied.
   *
   * <p>Source: SAELens, saes/jumprelu_sae.py, {@code fold_W_dec_norm}.
   *
   * @param factors {@code [d_sae]}, above 0
   */
  public SaeWeights rescaled(Arithmetic arithmetic, double[] factors) {
    if (factors.length != dSae()) {
      throw new IllegalArgumentException(factors.length + " factors for d_sae " + dSae());
    }
    double[] inverse = new double[factors.length];
    for (int k = 0; k < factors.length; k++) {
      if (!(factors[k] > 0 && Double.isFinite(factors[k]))) {
        throw new IllegalArgumentException("factor " + k + " is " + factors[k]);
      }
      inverse[k] = 1 / factors[k];
    }
    return new SaeWeights(
        arithmetic.weight(new RescaledTensor(wEnc.stored(), 1, factors)),
        arithmetic.weight(new RescaledTensor(bEnc.stored(), 0, factors)),
        arithmetic.weight(new RescaledTensor(wDec.stored(), 0, inverse)),
        bDec,
        arithmetic.weight(new RescaledTensor(threshold.stored(), 0, factors)));
  }

  private static void requireNames(TensorSource source) {
    Set<String> names = source.names();
    if (names.contains("w_enc") || names.contains("affine_skip_connection")) {
      throw wrong(
          source,
          "",
          "is an SAE in the layout of Gemma Scope 2 (for Gemma 3), whose conventions differ; only"
              + " Gemma Scope's SAEs for Gemma 2 are supported");
    }
    if (names.contains("W_skip")) {
      throw wrong(source, "tensor W_skip", "transcoders with a skip connection are not supported");
    }
    if (names.contains("W_enc") && !names.contains("threshold")) {
      throw wrong(source, "", "has no tensor threshold: this is no JumpReLU SAE");
    }
    for (String name : NAMES) {
      if (!names.contains(name)) {
        throw wrong(
            source,
            "",
            "has no tensor "
                + name
                + "; an SAE holds "
                + list(NAMES)
                + ", and this holds "
                + (names.isEmpty() ? "nothing" : list(names)));
      }
    }
    for (String name : names) {
      if (name.equals("scaling_factor")) {
        requireOnes(source);
      } else if (!NAMES.contains(name)) {
        throw wrong(source, "tensor " + name, "is none of a JumpReLU SAE's: " + list(NAMES));
      }
    }
  }

  private static String list(Set<String> names) {
    String all = String.join(", ", names);
    return all.length() <= 200 ? all : all.substring(0, 200) + "...";
  }

  /** SAELens's old files hold factors for the features, which do nothing where they are all 1. */
  private static void requireOnes(TensorSource source) {
    StoredTensor factors = source.tensor("scaling_factor");
    double[] block = new double[4096];
    for (long from = 0; from < factors.elementCount(); from += block.length) {
      int count = (int) Math.min(block.length, factors.elementCount() - from);
      factors.read(from, block, 0, count);
      for (int i = 0; i < count; i++) {
        if (block[i] != 1) {
          throw wrong(
              source,
              "tensor scaling_factor",
              "element %d is %s; factors other than 1 are not supported"
                  .formatted(from + i, block[i]));
        }
      }
    }
  }

  private static StoredTensor matrix(TensorSource source, String name) {
    return withRank(source, name, 2);
  }

  private static StoredTensor vector(TensorSource source, String name) {
    return withRank(source, name, 1);
  }

  private static StoredTensor withRank(TensorSource source, String name, int rank) {
    StoredTensor tensor = source.tensor(name);
    if (!tensor.dtype().isWeight()) {
      throw wrong(
          source,
          "tensor " + name,
          "its elements are " + tensor.dtype() + "; parameters are F64, F32, F16 or BF16");
    }
    long[] shape = tensor.shape();
    if (shape.length != rank) {
      throw wrong(
          source,
          "tensor " + name,
          "shape %s has %d axes, not %d".formatted(Arrays.toString(shape), shape.length, rank));
    }
    for (long axis : shape) {
      if (axis < 1 || axis > Integer.MAX_VALUE) {
        throw wrong(
            source, "tensor " + name, "shape " + Arrays.toString(shape) + " is empty or too long");
      }
    }
    return tensor;
  }

  private static void requireFit(
      TensorSource source,
      StoredTensor matrix,
      int axis,
      StoredTensor vector,
      String matrixAxes,
      String vectorAxes) {
    if (matrix.shape()[axis] != vector.shape()[0]) {
      throw misfit(source, matrix, vector, matrixAxes, vectorAxes);
    }
  }

  private static MalformedFileException misfit(
      TensorSource source, StoredTensor one, StoredTensor other, String axes, String otherAxes) {
    boolean turned = one.shape()[0] == other.shape()[0] && other.shape().length == 1;
    return wrong(
        source,
        "",
        "%s %s and %s %s do not fit each other as %s and %s%s"
            .formatted(
                one.name(),
                Arrays.toString(one.shape()),
                other.name(),
                Arrays.toString(other.shape()),
                axes,
                otherAxes,
                turned ? "; " + one.name() + " looks transposed" : ""));
  }

  private static void requireNumbers(
      TensorSource source, StoredTensor vector, boolean nonNegative) {
    double[] values = new double[Math.toIntExact(vector.shape()[0])];
    vector.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new NonFiniteException(
            "%s: tensor %s: element %d is %s; parameters must be finite, get the file again"
                .formatted(source.origin(), vector.name(), i, values[i]));
      }
      if (nonNegative && values[i] < 0) {
        throw wrong(
            source,
            "tensor " + vector.name(),
            "element %d is %s; a JumpReLU's thresholds are not negative".formatted(i, values[i]));
      }
    }
  }

  private static MalformedFileException wrong(TensorSource source, String place, String reason) {
    return new MalformedFileException(source.origin(), place, reason);
  }
}
