package loupe.golden.facts;

/**
 * Whether a fact holds.
 *
 * @param compared number of values that were compared
 * @param detail how well it passes, what is wrong, or why it is not applicable; one sentence
 */
public record Outcome(Fact fact, Status status, int compared, String detail) {
  /** The three verdicts. */
  public enum Status {
    /** Every value that can be compared is within its tolerance. */
    PASS,
    /** One is not. */
    FAIL,
    /** Nothing could be compared. */
    NOT_APPLICABLE
  }
}
