package loupe.golden.oracle;

/**
 * An answer.
 *
 * @param json one line, without its line feed
 * @param kind what sort of answer it is
 */
public record Reply(String json, Kind kind) {
  /** What sort of answer it is. */
  public enum Kind {
    /** A result; where it holds a verdict, the caller passes, or nobody can decide. */
    GOOD,
    /** A verdict against the caller. */
    FAIL,
    /** The request was refused. */
    ERROR
  }
}
