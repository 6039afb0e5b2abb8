package loupe.golden.check;

import java.util.Optional;

/**
 * The judgement of one tensor.
 *
 * @param shape of ours
 * @param elements number of elements that count: all, but for scores outside of mask and window
 * @param equal how many of them are ours, rounded once to the port's format
 * @param undecided how many of them two right programs may decide otherwise, and here do
 * @param worst the element that is farthest from ours in units of its bound; empty if none counts
 *     or the shape is another
 * @param added largest distance from what the port's own inputs give, the error of this step
 * @param inherited largest distance between that and what the right inputs give, the error of the
 *     steps before; NaN where that was not asked for
 * @param scale largest absolute value of ours
 * @param bias what all or many elements have in common: there where the verdict is {@link
 *     Verdict#BIASED}, and perhaps where it is {@link Verdict#OUTSIDE}
 * @param theirShape the port's shape
 * @param measured what the verdict rests on where no proof can decide: {@link Verdict#PLAUSIBLE},
 *     {@link Verdict#IMPLAUSIBLE}, and {@link Verdict#UNDECIDABLE} after a long step
 */
public record TensorGrade(
    String name,
    int[] shape,
    Verdict verdict,
    long elements,
    long equal,
    long undecided,
    Optional<Worst> worst,
    double added,
    double inherited,
    double scale,
    Optional<Bias> bias,
    long[] theirShape,
    Optional<Measured> measured) {

  /**
   * One element.
   *
   * @param index one index for each axis
   * @param ours the value that the port's inputs give
   * @param bound how far a right program may be from it
   */
  public record Worst(int[] index, double ours, double theirs, double bound) {
    /** Distance in units of the bound; infinite where the port's value is not finite. */
    public double ratio() {
      double off = Math.abs(theirs - ours);
      return Double.isNaN(off) ? Double.POSITIVE_INFINITY : off == 0 ? 0 : off / bound;
    }
  }

  /**
   * Why a tensor is doubted: {@code shape}, {@code bound}, {@code not finite}, {@code bias}, or
   * {@code measured} where it is implausible.
   */
  public String reason() {
    if (verdict == Verdict.IMPLAUSIBLE) {
      return "measured";
    }
    if (verdict == Verdict.BIASED) {
      return "bias";
    }
    if (worst.isEmpty()) {
      return "shape";
    }
    return Double.isFinite(worst.get().theirs()) ? "bound" : "not finite";
  }

  /** How far the tensor is off, in units of its bound or limit; NaN if nothing was compared. */
  public double ratio() {
    double ofBound = worst.map(Worst::ratio).orElse(Double.NaN);
    boolean isProven = verdict == Verdict.OUTSIDE || verdict == Verdict.BIASED;
    return isProven ? ofBound : measured.map(Measured::ratio).orElse(ofBound);
  }

  /** The same tensor under another verdict. */
  TensorGrade withVerdict(Verdict other) {
    return with(other, worst, measured);
  }

  /** The same tensor, judged by what right programs do. */
  TensorGrade measured(Verdict other, Worst element, Measured by) {
    return with(other, Optional.of(element), Optional.of(by));
  }

  private TensorGrade with(Verdict other, Optional<Worst> element, Optional<Measured> by) {
    return new TensorGrade(
        name,
        shape,
        other,
        elements,
        equal,
        undecided,
        element,
        added,
        inherited,
        scale,
        bias,
        theirShape,
        by);
  }

  /** A tensor of another shape than ours. */
  public static TensorGrade ofOtherShape(String name, int[] shape, long[] theirShape) {
    return new TensorGrade(
        name,
        shape,
        Verdict.OUTSIDE,
        0,
        0,
        0,
        Optional.empty(),
        Double.NaN,
        Double.NaN,
        Double.NaN,
        Optional.empty(),
        theirShape,
        Optional.empty());
  }
}
