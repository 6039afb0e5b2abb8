package loupe.loaders;

/**
 * Elements of one tensor that lie in one window of a file, indexed from the first that begins
 * there. One implementation for each width, over a view of the window with the right byte order.
 */
interface Block {
  /** Elements that can be read here. */
  int length();

  void toDoubles(int index, double[] target, int at, int count);

  void toFloats(int index, float[] target, int at, int count);

  /** Bits of 16-bit elements. */
  void toShorts(int index, short[] target, int at, int count);

  /** The bits of one element, in the low end. */
  long bitsAt(int index);
}
