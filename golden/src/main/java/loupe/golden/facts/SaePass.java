package loupe.golden.facts;

import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;

/** One forward pass over a prompt, seen through an SAE at its place. */
final class SaePass {
  private final int[] ids;
  private final Pass pass;
  private final AttachedSae sae;
  private final JumpReluSae.Encoding encoding;

  private SaePass(int[] ids, Pass pass, AttachedSae sae) {
    this.ids = ids;
    this.pass = pass;
    this.sae = sae;
    this.encoding = sae.encode(pass.at(sae.at().input()));
  }

  /** A pass over a fact's prompt; {@code more} are further tensors to keep. */
  static SaePass of(Fact fact, Verification v, Findings findings, String... more) {
    AttachedSae sae = v.sae(fact);
    Gemma2 model = v.model(fact);
    return of(model, Prompts.ids(fact, v, findings), sae, more);
  }

  static SaePass of(Gemma2 model, int[] ids, AttachedSae sae, String... more) {
    List<String> names = new java.util.ArrayList<>(List.of(more));
    names.addAll(List.of(sae.at().input(), sae.at().output()));
    return new SaePass(ids, Pass.of(model, ids, names.toArray(String[]::new)), sae);
  }

  int[] ids() {
    return ids;
  }

  AttachedSae sae() {
    return sae;
  }

  Pass pass() {
    return pass;
  }

  int last() {
    return ids.length - 1;
  }

  /** Activations of all features at one position. */
  double[] features(int position) {
    return encoding.features().rows(position, position + 1).toDoubles();
  }

  /** Pre-activations at one position. */
  double[] pre(int position) {
    return encoding.pre().rows(position, position + 1).toDoubles();
  }

  /** Activations of one feature at all positions. */
  double[] feature(int feature) {
    return column(encoding.features(), feature);
  }

  static double[] column(Tensor features, int feature) {
    double[] values = new double[features.dim(0)];
    for (int r = 0; r < values.length; r++) {
      values[r] = features.get(r * features.dim(1) + feature);
    }
    return values;
  }

  /** How many features are above a value at one position. */
  int above(int position, double value) {
    int count = 0;
    for (double f : features(position)) {
      count += f > value ? 1 : 0;
    }
    return count;
  }

  /** Mean number of active features over positions {@code from} on. */
  double meanL0(int from) {
    double sum = 0;
    for (int pos = from; pos < ids.length; pos++) {
      sum += above(pos, 0);
    }
    return sum / (ids.length - from);
  }

  /** What is reconstructed. */
  Tensor target() {
    Tensor target = pass.at(sae.at().output());
    return target.reshape(target.dim(0), target.rowSize());
  }

  Tensor reconstruction() {
    return sae.decode(encoding.features());
  }

  /** Mean squared error over positions {@code from} on, all elements alike. */
  double mse(int from) {
    double[] target = target().rows(from, ids.length).toDoubles();
    double[] ours = reconstruction().rows(from, ids.length).toDoubles();
    double sum = 0;
    for (int i = 0; i < target.length; i++) {
      sum += (ours[i] - target[i]) * (ours[i] - target[i]);
    }
    return sum / target.length;
  }

  /** {@code 1 - mse / var}, the variance over all elements of positions {@code from} on. */
  double explainedVariance(int from) {
    double[] target = target().rows(from, ids.length).toDoubles();
    double mean = 0;
    for (double value : target) {
      mean += value / target.length;
    }
    double spread = 0;
    for (double value : target) {
      spread += (value - mean) * (value - mean);
    }
    return 1 - mse(from) / (spread / (target.length - 1));
  }
}
