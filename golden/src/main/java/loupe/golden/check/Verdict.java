package loupe.golden.check;

/** What is said of one tensor, from best to worst. */
public enum Verdict {
  /** Every element is ours, rounded once to the port's format. */
  BIT_EQUAL("bit-equal"),
  /** Every element is within its bound. */
  INSIDE("inside"),
  /**
   * The bound over so long a step is as wide as the tensor; the error is as small as those that
   * programs of this precision make. Not proven. See {@link LongSteps}.
   */
  PLAUSIBLE("plausible"),
  /**
   * The same as inside, but for elements that two right programs may decide otherwise (a
   * threshold).
   */
  UNDECIDABLE("undecidable"),
  /**
   * As plausible, but the error is far larger than those programs make: a right program's would be
   * with a stated chance, next to none. Not proven.
   */
  IMPLAUSIBLE("implausible"),
  /** Every element is within its bound, but they are off in the same direction. */
  BIASED("biased"),
  /** An element is beyond its bound, is not finite where ours is, or the shape is another. */
  OUTSIDE("outside");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  /** The word for it in reports. */
  public String text() {
    return text;
  }

  /** Whether a port with such a tensor fails. */
  public boolean isBad() {
    return this == BIASED || this == IMPLAUSIBLE || this == OUTSIDE;
  }
}
