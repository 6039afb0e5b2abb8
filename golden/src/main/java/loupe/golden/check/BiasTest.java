package loupe.golden.check;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;

/**
 * Finds what no single element shows: a factor or an offset that is smaller than one rounding, but
 * common to all elements of a tensor, or of a slice of it along one axis.
 *
 * <p><b>Null model.</b> A right port's element is {@code RN(v + c + e)}: v our value, c what it may
 * share with others ({@link BoundedTensor#drifts}: constants, tables, elementary functions, factors
 * of a row, inherited errors; any number up to the drift, in any combination), e the sum of the
 * roundings of this element before the last one, RN the rounding to the port's format. Of e it is
 * assumed that it puts the result as likely above {@code RN(v + c)} as below, independently for
 * elements with different results. It is <i>not</i> assumed how large e is, nor how often it
 * matters. This is the usual model of rounding errors as random and mean independent (N. Higham and
 * T. Mary, "A new approach to probabilistic rounding error analysis", 2019); where the same result
 * occurs several times, the same roundings may have occurred too, so all its occurrences together
 * have one vote.
 *
 * <p><b>Test.</b> For "too high" take c at its highest. Among the values that are not {@code RN(v +
 * c)}, at most half should be above, and a lower c makes that fewer. So with n votes, of which k
 * are above, the chance of that is at most {@code exp(-n KL(k/n, 1/2))} (Chernoff), KL the relative
 * entropy {@code p ln 2p + (1 - p) ln 2(1 - p)}. The chance that is allowed is shared equally among
 * all slices of all axes and four directions: high, low, and the same relative to the sign.
 */
final class BiasTest {
  private final BoundedTensor ours;
  private final double[] theirs;

  /** For each element, on which side of RN(v + drift) and of RN(v - drift) theirs is. */
  private final byte[] atHighest;

  private final byte[] atLowest;
  private final double limit;

  /**
   * @param counted which elements count; null for all
   * @param format what the port rounds its results to
   * @param chance of a false alarm in this tensor
   */
  BiasTest(
      BoundedTensor ours, double[] theirs, boolean[] counted, FloatFormat format, double chance) {
    this.ours = ours;
    this.theirs = theirs;
    this.atHighest = new byte[theirs.length];
    this.atLowest = new byte[theirs.length];
    for (int i = 0; i < theirs.length; i++) {
      if (counted == null || counted[i]) {
        double v = ours.values()[i];
        double drift = ours.drifts()[i];
        atHighest[i] = (byte) Math.signum(theirs[i] - format.round(v + drift));
        atLowest[i] = (byte) Math.signum(theirs[i] - format.round(v - drift));
      }
    }
    int slices = 1;
    for (int length : ours.shape()) {
      slices += length;
    }
    this.limit = -StrictMath.log(chance / (slices * Bias.Direction.values().length));
  }

  /** The most certain bias; empty if all is as chance may have it. */
  Optional<Bias> run() {
    Optional<Bias> found = Optional.empty();
    for (int axis = -1; axis < ours.rank(); axis++) {
      int slices = axis < 0 ? 1 : ours.dim(axis);
      int inner = 1;
      for (int a = axis + 1; a < ours.rank(); a++) {
        inner *= axis < 0 ? 1 : ours.dim(a);
      }
      for (Bias.Direction direction : Bias.Direction.values()) {
        found = better(found, alongAxis(axis, slices, inner, direction));
      }
    }
    return found;
  }

  private static Optional<Bias> better(Optional<Bias> one, Optional<Bias> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.isEmpty() ? other : one;
    }
    return other.get().chance() < one.get().chance() ? other : one;
  }

  private Optional<Bias> alongAxis(int axis, int slices, int inner, Bias.Direction direction) {
    long[] with = new long[slices];
    long[] against = new long[slices];
    for (int i = 0; i < theirs.length; i++) {
      int side = side(i, direction);
      int slice = axis < 0 ? 0 : i / inner % slices;
      if (side > 0) {
        with[slice]++;
      } else if (side < 0) {
        against[slice]++;
      }
    }
    Optional<Bias> found = Optional.empty();
    for (int slice = 0; slice < slices; slice++) {
      // Counting votes is the dearer part; hardly any slice comes as far as that.
      if (evidence(with[slice], against[slice]) >= limit) {
        found = better(found, vote(axis, slice, slices, inner, direction));
      }
    }
    return found;
  }

  /** 1 if the element is off in this direction, -1 if in the other, 0 if not at all. */
  private int side(int i, Bias.Direction direction) {
    boolean positive = ours.values()[i] >= 0;
    return switch (direction) {
      case UP -> atHighest[i];
      case DOWN -> -atLowest[i];
      case LARGER -> positive ? atHighest[i] : -atLowest[i];
      case SMALLER -> positive ? -atLowest[i] : atHighest[i];
    };
  }

  /** The negative logarithm of the chance of so many votes for one side. */
  private static double evidence(double with, double against) {
    if (with <= against) {
      return 0;
    }
    double n = with + against;
    return entropy(with, n) + entropy(against, n);
  }

  private static double entropy(double k, double n) {
    return k == 0 ? 0 : k * StrictMath.log(2 * k / n);
  }

  private Optional<Bias> vote(
      int axis, int slice, int slices, int inner, Bias.Direction direction) {
    Map<Double, Integer> votes = new HashMap<>();
    double product = 0;
    double square = 0;
    for (int i = 0; i < theirs.length; i++) {
      if (axis >= 0 && i / inner % slices != slice) {
        continue;
      }
      int side = side(i, direction);
      if (side != 0) {
        votes.merge(Math.abs(theirs[i]), side, Integer::sum);
      }
      product += theirs[i] * ours.values()[i];
      square += ours.values()[i] * ours.values()[i];
    }
    long with = votes.values().stream().filter(sum -> sum > 0).count();
    long against = votes.values().stream().filter(sum -> sum < 0).count();
    double evidence = evidence(with, against);
    if (evidence < limit) {
      return Optional.empty();
    }
    return Optional.of(
        new Bias(
            axis,
            Math.max(0, slice),
            direction,
            with + against,
            with,
            product / square,
            StrictMath.exp(-evidence)));
  }
}
