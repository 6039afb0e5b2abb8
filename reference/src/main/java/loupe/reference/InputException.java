package loupe.reference;

/**
 * Something that a person gave to the program is wrong: a file, an option, a name, a number. The
 * message is one line for that person, and says what is wrong, where, and what to do. A programming
 * error is never thrown as this type.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
