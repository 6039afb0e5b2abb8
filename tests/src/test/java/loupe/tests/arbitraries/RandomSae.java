package loupe.tests.arbitraries;

import java.util.LinkedHashMap;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;
import loupe.sae.Site;

/**
 * An SAE or transcoder for any model: number n of a layer stands for the layer {@code n mod
 * layers}, so that model and SAE shrink independently of each other. Its parameters follow from a
 * seed; features fire often, and none of them always.
 */
public record RandomSae(Site site, int layer, int dSae, long seed) {
  /** The SAE at its place in the model. */
  public AttachedSae on(Gemma2Config config, Arithmetic arithmetic) {
    return on(config, SaeWeights.load(new TensorMap(tensors(config)), arithmetic), arithmetic);
  }

  /** The same place with other parameters. */
  public AttachedSae on(Gemma2Config config, SaeWeights weights, Arithmetic arithmetic) {
    Attachment at = Attachment.of(site, layer % config.nLayers());
    return new AttachedSae("random", new JumpReluSae(arithmetic, weights), at);
  }

  private Map<String, StoredTensor> tensors(Gemma2Config config) {
    int width = site == Site.ATT ? config.nHeads() * config.dHead() : config.dModel();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    put(tensors, "W_enc", 0, width, dSae);
    put(tensors, "b_enc", 0, dSae);
    put(tensors, "W_dec", -1, dSae, width);
    put(tensors, "b_dec", -1, width);
    tensors.put("threshold", new HeapTensor("threshold", thresholds()));
    return tensors;
  }

  private void put(Map<String, StoredTensor> tensors, String name, int exponent, long... shape) {
    tensors.put(name, new RandomTensor(name, DType.F32, exponent, seed, shape));
  }

  private DoubleTensor thresholds() {
    double[] values = new double[dSae];
    new RandomTensor("threshold", DType.BF16, 1, seed, dSae).read(0, values, 0, dSae);
    for (int k = 0; k < dSae; k++) {
      values[k] = Math.abs(values[k]);
    }
    return new DoubleTensor(values, dSae);
  }
}
