package loupe.golden.check;

import java.util.Optional;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;

/** Compares one tensor of a port with our value of it, element by element, and as a whole. */
public final class TensorJudge {
  private final PortContract contract;
  private final double chance;

  /**
   * @param chance of a false alarm of bias in one tensor; 0 if biases are not looked for
   */
  public TensorJudge(PortContract contract, double chance) {
    this.contract = contract;
    this.chance = chance;
  }

  /** As below, of the port's own numbers. */
  public TensorGrade judge(
      String name, BoundedTensor ours, double[] theirs, boolean[] counted, double[] truth) {
    return judge(name, ours, theirs, counted, null, truth);
  }

  /**
   * The judgement.
   *
   * @param computed our value, from the port's inputs
   * @param theirs the port's values, of the same shape
   * @param counted which elements count; null for all
   * @param slack how far {@code theirs} may be from the port's own numbers, which were printed;
   *     null where they are the port's
   * @param truth what the right inputs give, of the same shape; null where nobody asks
   */
  TensorGrade judge(
      String name,
      BoundedTensor computed,
      double[] theirs,
      boolean[] counted,
      double[] slack,
      double[] truth) {
    BoundedTensor ours = slack == null ? computed : widened(computed, slack);
    FloatFormat format = slack == null ? format(theirs, counted) : FloatFormat.F64;
    Count count = new Count(ours, new Limits(ours, storedAs(name)));
    for (int i = 0; i < theirs.length; i++) {
      if (counted == null || counted[i]) {
        count.take(i, theirs[i], format);
        if (truth != null) {
          count.inherited = Math.max(count.inherited, Math.abs(ours.values()[i] - truth[i]));
        }
      }
    }
    Verdict verdict = count.verdict();
    Optional<Bias> bias = Optional.empty();
    if (verdict != Verdict.BIT_EQUAL
        && Double.isFinite(count.added)
        && slack == null
        && chance > 0) {
      bias = new BiasTest(ours, theirs, counted, format, chance).run();
    }
    if (bias.isPresent() && verdict != Verdict.OUTSIDE) {
      verdict = Verdict.BIASED;
    }
    return new TensorGrade(
        name,
        ours.shape(),
        verdict,
        count.elements,
        count.equal,
        count.undecided,
        count.worst(theirs),
        count.added,
        truth == null ? Double.NaN : count.inherited,
        count.scale,
        bias,
        longs(ours.shape()),
        Optional.empty());
  }

  /** What a tensor that engines need not round may be rounded to in a dump; F64 for nothing. */
  private FloatFormat storedAs(String name) {
    return TeacherForcing.isNeverStored(name) ? contract.storage() : FloatFormat.F64;
  }

  /** Our value with room for digits that were not printed. */
  private static BoundedTensor widened(BoundedTensor ours, double[] slack) {
    double[] radius = ours.radii().clone();
    for (int i = 0; i < radius.length; i++) {
      radius[i] += slack[i];
    }
    return new BoundedTensor(ours.values(), radius, ours.drifts(), ours.shape());
  }

  private static long[] longs(int[] shape) {
    long[] out = new long[shape.length];
    for (int axis = 0; axis < out.length; axis++) {
      out[axis] = shape[axis];
    }
    return out;
  }

  /** What the port rounded these values to: its storage format, or a finer one. */
  private FloatFormat format(double[] theirs, boolean[] counted) {
    FloatFormat format = contract.storage();
    for (int i = 0; i < theirs.length && format != FloatFormat.F64; i++) {
      if ((counted == null || counted[i]) && Double.isFinite(theirs[i])) {
        while (format.round(theirs[i]) != theirs[i]) {
          format = format == FloatFormat.F32 ? FloatFormat.F64 : FloatFormat.F32;
        }
      }
    }
    return format;
  }

  /** What is counted while the elements go by. */
  private static final class Count {
    private final BoundedTensor ours;
    private final Limits limits;
    long elements;
    long equal;
    long undecided;
    long outside;
    double added;
    double inherited;
    double scale;
    private double worstRatio = -1;
    private int worst;

    Count(BoundedTensor ours, Limits limits) {
      this.ours = ours;
      this.limits = limits;
    }

    void take(int i, double theirs, FloatFormat format) {
      double value = ours.values()[i];
      double off = Math.abs(theirs - value);
      elements++;
      scale = Math.max(scale, Math.abs(value));
      added = Double.isNaN(off) ? Double.POSITIVE_INFINITY : Math.max(added, off);
      if (theirs == format.round(value)) {
        equal++;
      }
      double bound = limits.bound(i, theirs);
      boolean isWithin = off <= bound;
      if (ours.isUndecided(i)) {
        // 0, or the value before the threshold; in between there is nothing.
        isWithin &= theirs == 0 || off <= bound - Math.abs(value);
        if ((theirs == 0) != (value == 0)) {
          undecided++;
        }
      }
      if (!isWithin) {
        outside++;
      }
      double ratio = off == 0 ? 0 : isWithin ? off / bound : beyond(off, bound);
      if (ratio > worstRatio) {
        worstRatio = ratio;
        worst = i;
      }
    }

    /** Above 1, infinite where the distance is no number. */
    private static double beyond(double off, double radius) {
      double ratio = off / radius;
      return ratio > 1 ? ratio : Double.POSITIVE_INFINITY;
    }

    Verdict verdict() {
      if (outside > 0) {
        return Verdict.OUTSIDE;
      }
      if (undecided > 0) {
        return Verdict.UNDECIDABLE;
      }
      return equal == elements ? Verdict.BIT_EQUAL : Verdict.INSIDE;
    }

    Optional<TensorGrade.Worst> worst(double[] theirs) {
      if (worstRatio < 0) {
        return Optional.empty();
      }
      int[] shape = ours.shape();
      int[] index = new int[shape.length];
      int rest = worst;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        index[axis] = rest % shape[axis];
        rest /= shape[axis];
      }
      double bound = limits.bound(worst, theirs[worst]);
      return Optional.of(new TensorGrade.Worst(index, ours.values()[worst], theirs[worst], bound));
    }
  }
}
