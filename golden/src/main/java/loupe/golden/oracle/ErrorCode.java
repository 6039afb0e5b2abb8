package loupe.golden.oracle;

import java.util.Locale;

/** What can be wrong with a request. The names are part of the protocol and never change. */
public enum ErrorCode {
  /** The line is no JSON as RFC 8259 has it, or no UTF-8, or names a key twice. */
  PARSE_ERROR("the line is no strict JSON in UTF-8 (RFC 8259, no key twice)"),
  /** JSON, but not the form of a request. */
  INVALID_REQUEST("the line is no request: a field is missing, unknown or of the wrong type"),
  /** Longer than {@code limits.line_bytes}. */
  LINE_TOO_LONG("the line has more bytes than limits.line_bytes; the rest of it is skipped"),
  /** No operation of this name. */
  UNKNOWN_OPERATION("there is no operation of this name"),
  /** An argument is missing, unknown, of the wrong type, or does not fit the others. */
  INVALID_ARGUMENT("an argument is missing, unknown, of the wrong type or shape, or out of range"),
  /** More than one of the limits that hello states. */
  LIMIT_EXCEEDED("the request or its reply is beyond a limit that hello states"),
  /** NaN or infinity in an input, a weight or a result. */
  NON_FINITE("an input, a weight or a result is NaN or infinite"),
  /** A model, SAE or file is not there, or may not be read. */
  UNAVAILABLE("a model, SAE or file is not there, cannot be read, or may not be read here"),
  /** A mistake of this program. */
  INTERNAL_ERROR("a mistake of the oracle itself; please report the request");

  private final String meaning;

  ErrorCode(String meaning) {
    this.meaning = meaning;
  }

  /** As it stands in replies: {@code parse_error}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** In words. */
  public String meaning() {
    return meaning;
  }
}
