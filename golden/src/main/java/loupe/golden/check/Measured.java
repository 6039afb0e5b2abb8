package loupe.golden.check;

/**
 * A tensor's error after a long step, beside that of right programs; see {@link LongSteps}.
 *
 * @param where whose error this is: of {@code all elements}, of {@code the largest error}, or of
 *     {@code position 3}
 * @param size the error: a root mean square, or the largest
 * @param limit what a right program's exceeds with a chance of {@link MeasuredLimit#CHANCE} at most
 * @param by where the limit is from
 */
public record Measured(String where, double size, double limit, MeasuredLimit by) {
  /** The error in units of its limit. */
  public double ratio() {
    return size == 0 ? 0 : size / limit;
  }
}
