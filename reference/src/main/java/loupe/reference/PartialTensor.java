package loupe.reference;

/**
 * A stored tensor of which not everything is known: a program printed some of its elements, to some
 * digits, or computed some of its rows. What is not shown reads as NaN.
 */
public interface PartialTensor extends StoredTensor {
  /** Whether an element, counted over the flattened tensor, is known. */
  boolean isShown(long element);

  /**
   * How far the number that is read may be from the program's own: half of the last digit that was
   * printed. 0 where the number is the program's.
   */
  double slack(long element);

  /** The same knowledge of an element of any tensor. */
  static boolean isShown(StoredTensor tensor, long element) {
    return !(tensor instanceof PartialTensor partial) || partial.isShown(element);
  }

  /** As {@link #slack(long)}, of any tensor. */
  static double slack(StoredTensor tensor, long element) {
    return tensor instanceof PartialTensor partial ? partial.slack(element) : 0;
  }
}
