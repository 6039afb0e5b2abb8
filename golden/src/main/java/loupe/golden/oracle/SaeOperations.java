package loupe.golden.oracle;

import static loupe.golden.oracle.Operation.computed;
import static loupe.golden.oracle.Parameter.activation;
import static loupe.golden.oracle.Parameter.weight;
import static loupe.golden.oracle.Result.tensor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.Arithmetic;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorMap;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;

/** JumpReLU SAEs and transcoders, whole and in parts. */
final class SaeOperations {
  static final List<Operation> OPERATIONS =
      List.of(
          computed(
              "sae_pre",
              "Pre-activations of an SAE.",
              "pre[i,f] = sum_k x[i,k] * W_enc[k,f] + b_enc[f]",
              List.of(
                  activation("x", "activations", "pos", "d_in"),
                  weight("W_enc", "encoder", "d_in", "d_sae"),
                  weight("b_enc", "its bias", "d_sae")),
              List.of(tensor("pre", "pre-activations", "pos", "d_sae")),
              (a, in) -> List.of(affine(a, in, "x", "W_enc", "b_enc"))),
          computed(
              "sae_jumprelu",
              "JumpReLU: strictly above the threshold, else 0.",
              "features[i,f] = pre[i,f] if pre[i,f] > threshold[f], else 0",
              List.of(
                  activation("pre", "pre-activations", "pos", "d_sae"),
                  weight("threshold", "thresholds", "d_sae")),
              List.of(tensor("features", "feature activations", "pos", "d_sae")),
              (a, in) -> List.of(a.jumpRelu(in.activation(a, "pre"), in.weight(a, "threshold")))),
          computed(
              "sae_decode",
              "The reconstruction from features.",
              "reconstruction[i,k] = sum_f features[i,f] * W_dec[f,k] + b_dec[k]",
              List.of(
                  activation("features", "feature activations", "pos", "d_sae"),
                  weight("W_dec", "decoder", "d_sae", "d_out"),
                  weight("b_dec", "its bias", "d_out")),
              List.of(tensor("reconstruction", "reconstruction", "pos", "d_out")),
              (a, in) -> List.of(affine(a, in, "features", "W_dec", "b_dec"))),
          computed(
              "sae",
              "A whole SAE or transcoder.",
              "sae_pre, sae_jumprelu and sae_decode, in this order",
              List.of(
                  activation("x", "activations", "pos", "d_in"),
                  Parameter.of(
                      Parameter.Kind.SAE,
                      "sae",
                      "an id such as tiny/res/layer_3/width_1024/average_l0_20, a path, or"
                          + " the tensors W_enc, b_enc, W_dec, b_dec, threshold")),
              List.of(
                  tensor("pre", "pre-activations", "pos", "d_sae"),
                  tensor("features", "feature activations", "pos", "d_sae"),
                  tensor("reconstruction", "reconstruction", "pos", "d_out")),
              SaeOperations::whole));

  private SaeOperations() {}

  private static Tensor affine(Arithmetic a, Arguments in, String x, String w, String b) {
    return a.affine(in.activation(a, x), in.weight(a, w), in.weight(a, b));
  }

  private static List<Tensor> whole(Arithmetic a, Arguments in) {
    JumpReluSae sae = in.sae(a);
    Limits limits = in.limits();
    double rows = in.axis("pos");
    limits.requireElements(rows * (2.0 * sae.dSae() + sae.dOut()), "the result");
    limits.requireMultiplications(rows * sae.dSae() * ((double) sae.dIn() + sae.dOut()));
    JumpReluSae.Encoding encoding = sae.encode(in.activation(a, "x"));
    return List.of(encoding.pre(), encoding.features(), sae.decode(encoding.features()));
  }

  /** The SAE that five tensors are. */
  static JumpReluSae of(Map<String, Tensor> tensors, Arithmetic a) {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> stored.put(name, new HeapTensor(name, tensor)));
    return new JumpReluSae(a, SaeWeights.load(new TensorMap("args.sae", stored), a));
  }
}
