package loupe.loaders;

import loupe.reference.StoredTensor;

/**
 * The elements of one tensor in row-major order, whatever their width, byte order and place. The
 * caller has checked indices and element type. Safe for several threads.
 */
interface Elements {
  /** As {@link FileTensor#read(long, double[], int, int)}. */
  void toDoubles(long first, double[] target, int at, int count);

  /** As {@link FileTensor#read(long, float[], int, int)}. */
  void toFloats(long first, float[] target, int at, int count);

  /** The bits of one element, in the low end; what stands above them is undefined. */
  long bitsAt(long index);

  /** The bits of 16-bit elements. */
  default void toShorts(long first, short[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = (short) bitsAt(first + i);
    }
  }

  /** As {@link FileTensor#direct}. */
  default StoredTensor.Run direct(long first, int count) {
    return null;
  }

  /**
   * Bytes as safetensors holds them: little-endian, row-major.
   *
   * @param elementBytes bytes of one element, 1 to 8
   */
  default void toBytes(long firstByte, byte[] target, int at, int count, int elementBytes) {
    for (int i = 0; i < count; i++) {
      long position = firstByte + i;
      long bits = bitsAt(position / elementBytes);
      target[at + i] = (byte) (bits >>> Byte.SIZE * (int) (position % elementBytes));
    }
  }
}
