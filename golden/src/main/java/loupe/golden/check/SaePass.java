package loupe.golden.check;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.SaeParts;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.PortContract;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;

/**
 * An SAE on its input, step by step: pre-activations, features and reconstruction, each from what
 * the program had before it.
 */
final class SaePass implements GradedPass {
  private final Function<Arithmetic, AttachedSae> sae;
  private final SaeRows rows;
  private final Map<String, StoredTensor> tensors;
  private final Workers workers;
  private final double chance;

  /**
   * @param tensors of the dump, by our names
   * @param chance of a false alarm of bias in the whole dump; 0 if biases are not looked for
   */
  SaePass(
      Function<Arithmetic, AttachedSae> sae,
      SaeRows rows,
      Map<String, StoredTensor> tensors,
      Workers workers,
      double chance) {
    this.sae = sae;
    this.rows = rows;
    this.tensors = tensors;
    this.workers = workers;
    this.chance = chance;
  }

  @Override
  public boolean canShow(Quirk quirk) {
    return quirk.part() == Quirk.Part.SAE
        || quirk.part() == Quirk.Part.READING && rows.canBeReadElsewhere();
  }

  @Override
  public void run(List<Quirk> quirks, int variant, PortContract contract, Step step) {
    Bounded bounded = GradedPass.bounds(quirks, contract, workers);
    AttachedSae attached = with(quirks, sae.apply(bounded));
    TensorJudge judge = new TensorJudge(contract, chance / SaeGrader.TENSORS);
    JumpReluSae.Encoding encoding = attached.encode(rows.under(quirks));
    BoundedTensor pre = judged("pre", encoding.pre(), judge, step);
    Tensor features =
        tensors.containsKey("pre")
            ? attached.sae().arithmetic().jumpRelu(pre, attached.sae().weights().threshold())
            : encoding.features();
    BoundedTensor given = judged("features", features, judge, step);
    if (tensors.containsKey("reconstruction")) {
      judged("reconstruction", attached.decode(given), judge, step);
    }
  }

  private static AttachedSae with(List<Quirk> quirks, AttachedSae right) {
    JumpReluSae sae = right.sae();
    for (Quirk quirk : quirks) {
      sae = quirk.applyTo(SaeParts.of(sae)).sae();
    }
    return new AttachedSae(right.id(), sae, right.at());
  }

  /** Judges a tensor, if the dump has it, and gives what the next step goes on with. */
  private BoundedTensor judged(String name, Tensor computed, TensorJudge judge, Step step) {
    BoundedTensor ours = step.before(name, (BoundedTensor) computed);
    StoredTensor stored = tensors.get(name);
    if (stored == null) {
      return ours;
    }
    long[] shape = withoutBatch(stored.shape());
    if (!Arrays.equals(shape, Arrays.stream(ours.shape()).asLongStream().toArray())) {
      step.after(TensorGrade.ofOtherShape(name, ours.shape(), shape));
      return ours;
    }
    double[] theirs = new double[ours.size()];
    stored.read(0, theirs, 0, theirs.length);
    step.after(judge.judge(name, ours, theirs, null, null));
    double[] value = theirs.clone();
    for (int i = 0; i < value.length; i++) {
      value[i] = Double.isFinite(value[i]) ? value[i] : ours.values()[i];
    }
    return BoundedTensor.exact(value, ours.shape());
  }

  /** {@code [1, pos, width]} is {@code [pos, width]}. */
  private static long[] withoutBatch(long[] shape) {
    return shape.length == 3 && shape[0] == 1 ? Arrays.copyOfRange(shape, 1, 3) : shape;
  }
}
