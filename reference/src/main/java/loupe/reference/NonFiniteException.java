package loupe.reference;

/** NaN or infinity in weights or activations. The message names the tensor. */
public final class NonFiniteException extends InputException {
  private static final long serialVersionUID = 1L;

  public NonFiniteException(String message) {
    super(message);
  }
}
