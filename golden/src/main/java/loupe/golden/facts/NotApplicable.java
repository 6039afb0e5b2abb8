package loupe.golden.facts;

/** A fact cannot be checked here; the message says why, and what is needed. */
public final class NotApplicable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotApplicable(String reason) {
    super(reason, null, false, false);
  }
}
