package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.InputException;
import loupe.reference.Tensor;

/**
 * Writes arrays of numpy to a zip archive, uncompressed, as {@code numpy.savez} does:
 * little-endian, row-major, npy version 1.0. The bytes depend on names and values alone: the date
 * of every member is 1980-01-01. Zip64 is used only where sizes need it. The file appears at {@link
 * #commit}.
 */
public final class NpzWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final OutputFile file;
  private final List<ZipMember> members = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private long end;

  private NpzWriter(OutputFile file) {
    this.file = file;
  }

  /**
   * Begins a file; its folder must exist.
   *
   * @throws InputException if it cannot be written
   */
  public static NpzWriter create(Path target) {
    return new NpzWriter(OutputFile.create(target));
  }

  /** Adds an array with the values, shape and element type (F32 or F64) of a tensor. */
  public void add(String name, Tensor values) {
    long[] shape = java.util.Arrays.stream(values.shape()).asLongStream().toArray();
    if (values instanceof FloatTensor floats) {
      add(name, floats.data(), shape);
    } else if (values instanceof DoubleTensor doubles) {
      add(name, doubles.data(), shape);
    }
  }

  /** Adds an array of float32. */
  public void add(String name, float[] values, long... shape) {
    add(
        name,
        DType.F32,
        shape,
        values.length,
        (at, buffer) -> buffer.asFloatBuffer().put(values, (int) (at / 4), buffer.remaining() / 4));
  }

  /** Adds an array of float64. */
  public void add(String name, double[] values, long... shape) {
    add(
        name,
        DType.F64,
        shape,
        values.length,
        (at, buffer) ->
            buffer.asDoubleBuffer().put(values, (int) (at / 8), buffer.remaining() / 8));
  }

  /**
   * Adds a tensor of a file, bit for bit.
   *
   * @throws InputException if numpy has no such element type (BF16, F8, F6, F4)
   */
  public void add(String name, FileTensor tensor) {
    add(
        name,
        tensor.dtype(),
        tensor.shape(),
        tensor.elementCount(),
        (at, buffer) ->
            tensor.readBytes(
                at, buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining()));
  }

  /** Where the elements of an array come from. */
  private interface Source {
    /** Fills the rest of the buffer with the bytes of the array from {@code at} on. */
    void fill(long at, ByteBuffer buffer);
  }

  private void add(String name, DType dtype, long[] shape, long count, Source source) {
    if (FileTensor.product(shape) != count || !names.add(name)) {
      throw new IllegalArgumentException(
          name + ": there already, or " + count + " elements do not fill its shape");
    }
    byte[] header = NpyFormat.header(name, dtype, shape);
    long size = header.length + count * (dtype.bits() / Byte.SIZE);
    byte[] rawName = (name + ".npy").getBytes(StandardCharsets.UTF_8);
    if (rawName.length > 0xffff) {
      throw new IllegalArgumentException("a name of " + rawName.length + " bytes");
    }
    long headerStart = end;
    long dataStart = headerStart + ZipFormat.localSize(rawName, size);
    CRC32 crc = new CRC32();
    ByteBuffer buffer =
        ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, size)).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(header);
    long done = 0;
    while (done < size) {
      buffer.limit((int) Math.min(buffer.capacity(), size - done));
      if (buffer.hasRemaining()) {
        source.fill(done + buffer.position() - header.length, buffer);
      }
      buffer.position(0);
      crc.update(buffer.duplicate());
      file.write(buffer, dataStart + done);
      done += buffer.limit();
      buffer.clear();
    }
    ZipMember member =
        new ZipMember(
            name + ".npy", ZipMember.STORED, crc.getValue(), size, size, headerStart, dataStart);
    file.write(ZipFormat.local(member, rawName), headerStart);
    members.add(member);
    end = member.dataEnd();
  }

  /**
   * Finishes the file and puts it in its place.
   *
   * @throws InputException if it cannot be written, as on a full disk
   */
  public void commit() {
    file.write(ZipFormat.directory(members, end), end);
    file.commit();
  }

  /** Throws the file away, unless it was committed. */
  @Override
  public void close() {
    file.close();
  }
}
