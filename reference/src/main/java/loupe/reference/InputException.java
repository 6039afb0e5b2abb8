package loupe.reference;

/**
 * Something that a person gave to the program is wrong: a file, an option, a name, a number. The
 * message is one line for that person, and says what is wrong, where, and what to do. A programming
 * error is never thrown as this type.
 *
 * <p>Messages repeat what stands in files, which may be hostile: control characters are shown as
 * spaces, and of a message that is too long the middle is left out.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int FIRST = 700;
  private static final int LAST = 300;

  public InputException(String message) {
    super(oneLine(message));
  }

  public InputException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  private static String oneLine(String message) {
    String kept = message;
    if (message.length() > FIRST + LAST + 3) {
      kept = message.substring(0, FIRST) + "..." + message.substring(message.length() - LAST);
    }
    return kept.replaceAll("[\\p{Cc}\\u2028\\u2029]", " ");
  }
}
