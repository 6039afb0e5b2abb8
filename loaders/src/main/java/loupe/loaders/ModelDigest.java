package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import loupe.reference.DType;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A digest that tells one model from another, cheap for gigabytes. It depends on names, element
 * types, shapes and elements, and not on how they are spread over files or on the text of headers.
 *
 * <p>Definition, version 1: the SHA-256, in lower-case hexadecimal, of the ASCII bytes {@code
 * loupe-model-digest-1}, then for each tensor in order of the UTF-8 bytes of its name (unsigned)
 *
 * <ul>
 *   <li>the number of bytes of the name, the name; the same for the name of its element type as
 *       safetensors spells it ({@code BF16});
 *   <li>the number of axes, the length of each;
 *   <li>the size S of its data in bytes, and of its data (little-endian, row-major) all bytes where
 *       S is at most 65,536, else {@value #BLOCKS} blocks of {@value #BLOCK_BYTES} bytes: block i
 *       begins at byte 8 * floor(i * floor((S - 4096) / 8) / 15), but the last at byte S - 4096.
 * </ul>
 *
 * All numbers are unsigned, little-endian, of 8 bytes. The blocks see every retraining, conversion,
 * quantisation or tensor mix-up, for they hold 64 KiB of each tensor; an edit of a few elements
 * between two blocks goes unseen.
 */
public final class ModelDigest {
  static final int WHOLE_BYTES = 1 << 16;
  static final int BLOCK_BYTES = 4096;
  static final int BLOCKS = 16;

  private final MessageDigest sha256;
  private final byte[] block = new byte[BLOCK_BYTES];

  private ModelDigest() {
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The digest of all tensors of {@code source}, whose types must be weights or from a file. */
  public static String of(TensorSource source) {
    Map<byte[], String> names = new TreeMap<>(Arrays::compareUnsigned);
    for (String name : source.names()) {
      names.put(name.getBytes(StandardCharsets.UTF_8), name);
    }
    ModelDigest digest = new ModelDigest();
    digest.sha256.update("loupe-model-digest-1".getBytes(StandardCharsets.US_ASCII));
    for (Map.Entry<byte[], String> name : names.entrySet()) {
      digest.add(name.getKey(), source.tensor(name.getValue()));
    }
    return HexFormat.of().formatHex(digest.sha256.digest());
  }

  private void add(byte[] name, StoredTensor tensor) {
    number(name.length);
    sha256.update(name);
    byte[] dtype = tensor.dtype().name().getBytes(StandardCharsets.US_ASCII);
    number(dtype.length);
    sha256.update(dtype);
    number(tensor.shape().length);
    for (long axis : tensor.shape()) {
      number(axis);
    }
    long size = tensor.elementCount() * tensor.dtype().bits() / Byte.SIZE;
    number(size);
    if (size <= WHOLE_BYTES) {
      for (long at = 0; at < size; at += BLOCK_BYTES) {
        data(tensor, at, (int) Math.min(BLOCK_BYTES, size - at));
      }
      return;
    }
    for (int i = 0; i < BLOCKS - 1; i++) {
      data(tensor, blockStart(size, i), BLOCK_BYTES);
    }
    data(tensor, size - BLOCK_BYTES, BLOCK_BYTES);
  }

  /** First byte of a block; the product is split so that it cannot overflow. */
  private static long blockStart(long size, int i) {
    long words = (size - BLOCK_BYTES) / 8;
    return 8 * (words / (BLOCKS - 1) * i + words % (BLOCKS - 1) * i / (BLOCKS - 1));
  }

  private void number(long value) {
    sha256.update(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value));
  }

  private void data(StoredTensor tensor, long from, int count) {
    if (tensor instanceof FileTensor file) {
      file.readBytes(from, block, 0, count);
    } else {
      encode(tensor, from, count);
    }
    sha256.update(block, 0, count);
  }

  /** A tensor in memory, or of another format: its elements as safetensors would hold them. */
  private void encode(StoredTensor tensor, long from, int count) {
    DType dtype = tensor.dtype();
    if (!dtype.isWeight()) {
      throw new IllegalArgumentException(tensor.origin() + ": no digest of " + dtype);
    }
    // Blocks begin and end between elements: all sizes here are multiples of the width.
    int width = dtype.bits() / Byte.SIZE;
    long first = from / width;
    int elements = count / width;
    ByteBuffer out = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    if (dtype == DType.F64) {
      double[] values = new double[elements];
      tensor.read(first, values, 0, elements);
      out.asDoubleBuffer().put(values);
    } else if (dtype == DType.F32) {
      float[] values = new float[elements];
      tensor.read(first, values, 0, elements);
      out.asFloatBuffer().put(values);
    } else {
      short[] bits = new short[elements];
      tensor.readBits(first, bits, 0, elements);
      out.asShortBuffer().put(bits);
    }
    out.get(0, block, 0, count);
  }
}
