package loupe.loaders;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.InputException;

/** The npy header of an array to be written: the counterpart of {@link NpyHeader}. */
final class NpyFormat {
  private static final int ALIGNMENT = 64;

  private NpyFormat() {}

  /** Version 1.0, filled up with spaces so that the elements begin at a multiple of 64 bytes. */
  static byte[] header(String name, DType dtype, long[] shape) {
    StringBuilder text = new StringBuilder("{'descr': '").append(descr(name, dtype));
    text.append("', 'fortran_order': False, 'shape': (");
    for (int axis = 0; axis < shape.length; axis++) {
      text.append(axis == 0 ? "" : " ").append(shape[axis]);
      text.append(axis < shape.length - 1 || axis == 0 ? "," : "");
    }
    text.append("), }");
    int start = 10;
    int size = (start + text.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    while (start + text.length() < size - 1) {
      text.append(' ');
    }
    text.append('\n');
    byte[] out = new byte[size];
    System.arraycopy(NpyHeader.MAGIC, 0, out, 0, NpyHeader.MAGIC.length);
    out[6] = 1;
    out[8] = (byte) text.length();
    out[9] = (byte) (text.length() >>> Byte.SIZE);
    byte[] ascii = text.toString().getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, out, start, ascii.length);
    return out;
  }

  private static String descr(String name, DType dtype) {
    for (Map.Entry<String, DType> type : NpyHeader.TYPES.entrySet()) {
      if (type.getValue() == dtype) {
        return (dtype.bits() == Byte.SIZE ? '|' : '<') + type.getKey();
      }
    }
    throw new InputException(
        Printable.of(name) + ": numpy has no element type " + dtype + "; write safetensors");
  }
}
