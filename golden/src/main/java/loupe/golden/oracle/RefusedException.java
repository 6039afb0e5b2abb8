package loupe.golden.oracle;

import loupe.reference.InputException;

/** A request that is answered with an error. */
public final class RefusedException extends InputException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /** An error of this kind; the message is for a person. */
  public RefusedException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  /** Its kind. */
  public ErrorCode code() {
    return code;
  }

  static RefusedException argument(String name, String message) {
    return new RefusedException(ErrorCode.INVALID_ARGUMENT, "args." + name + " " + message);
  }

  static RefusedException limit(String message) {
    return new RefusedException(ErrorCode.LIMIT_EXCEEDED, message);
  }
}
