package loupe.golden.check;

/**
 * Elements that are off in the same direction, more of them than chance would have it.
 *
 * @param axis axis of the slice that they form; -1 for the whole tensor
 * @param index index of the slice on that axis
 * @param direction in which they are off
 * @param deviating number of different values that no rounding at the end alone explains
 * @param agreeing how many of these are off in the direction
 * @param factor the factor by which the slice as a whole is off: {@code sum(theirs * ours) /
 *     sum(ours^2)}
 * @param chance how likely that is at most, if the roundings are independent
 */
public record Bias(
    int axis,
    int index,
    Direction direction,
    long deviating,
    long agreeing,
    double factor,
    double chance) {

  /** The four ways of being off together. */
  public enum Direction {
    LARGER("too large in absolute value"),
    SMALLER("too small in absolute value"),
    UP("too high"),
    DOWN("too low");

    private final String text;

    Direction(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
