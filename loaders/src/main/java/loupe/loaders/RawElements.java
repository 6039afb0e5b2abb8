package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.Tensor;

/** Elements as safetensors has them, little-endian and row-major, but in memory. */
public final class RawElements {
  private RawElements() {}

  /**
   * The tensor that some bytes hold: float64 for F64, else float32, which holds F32, F16 and BF16
   * exactly.
   *
   * @param dtype one for which {@link DType#isWeight} holds
   * @param bytes as many as the shape needs
   */
  public static Tensor decode(DType dtype, byte[] bytes, int... shape) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int count = bytes.length * Byte.SIZE / dtype.bits();
    if (dtype == DType.F64) {
      double[] out = new double[count];
      in.asDoubleBuffer().get(out);
      return new DoubleTensor(out, shape);
    }
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] =
          switch (dtype) {
            case F32 -> in.getFloat();
            case F16 -> SmallFloats.ofF16(in.getShort());
            case BF16 -> Float.intBitsToFloat(in.getShort() << 16);
            default -> throw new IllegalArgumentException(dtype + " is no element type of weights");
          };
    }
    return new FloatTensor(out, shape);
  }

  /** The bytes of a tensor in its own element type, F64 or F32. */
  public static byte[] encode(Tensor tensor) {
    if (tensor.dtype() == DType.F64) {
      return encode(tensor instanceof DoubleTensor d ? d.data() : tensor.toDoubles());
    }
    float[] data = ((FloatTensor) tensor).data();
    byte[] out = new byte[data.length * Float.BYTES];
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(data);
    return out;
  }

  /** The bytes of float64 numbers. */
  public static byte[] encode(double[] values) {
    byte[] out = new byte[values.length * Double.BYTES];
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(values);
    return out;
  }
}
