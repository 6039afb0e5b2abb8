package loupe.reference;

/**
 * A file that does not say what its format demands. The message names the file and the place in it.
 */
public final class MalformedFileException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param file the file, as the user would name it
   * @param place where in the file, such as {@code "byte 8"} or {@code "tensor model.norm.weight"};
   *     may be empty
   * @param reason what is wrong, and what to do where that is not plain
   */
  public MalformedFileException(String file, String place, String reason) {
    super(file + ": " + (place.isEmpty() ? "" : place + ": ") + reason);
  }
}
