package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.InputException;
import loupe.reference.Tensor;

/**
 * Writes a safetensors file. What it will hold is declared first; then tensors are written in any
 * order and in pieces of any size, each element once; {@link #commit} checks that none was
 * forgotten and puts the file in its place. Until then an older file stays as it was.
 *
 * <p>The bytes depend on nothing but the declaration and the values: metadata sorted by key,
 * tensors in the order of declaration but wider element types first (so that each is aligned in the
 * file), the header filled up with spaces to a multiple of 8 bytes.
 *
 * <p>Methods may be called by several threads; the pieces are written one at a time.
 */
public final class SafetensorsWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final OutputFile file;
  private final long fileSize;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long bufferStart;

  /**
   * A tensor that will be written.
   *
   * @param shape axis lengths; empty for a scalar
   */
  public record Entry(String name, DType dtype, long... shape) {
    /** Size in the file. */
    public long byteSize() {
      return FileTensor.product(shape) * dtype.bits() / Byte.SIZE;
    }
  }

  /** Where a tensor lies, and which of its bytes are written. */
  private record Slot(Entry entry, long byteOffset, WrittenRanges written) {}

  private SafetensorsWriter(OutputFile file, List<Entry> entries, Map<String, String> metadata) {
    this.file = file;
    List<Entry> order = new ArrayList<>(entries);
    order.sort(Comparator.comparingInt((Entry e) -> e.dtype().bits()).reversed());
    byte[] header = SafetensorsLayout.header(order, metadata);
    long position = header.length;
    for (Entry entry : order) {
      slots.put(
          entry.name(),
          new Slot(entry, position, new WrittenRanges(entry.name(), entry.byteSize())));
      position += entry.byteSize();
    }
    this.fileSize = position;
    file.write(ByteBuffer.wrap(header), 0);
    this.bufferStart = header.length;
  }

  /**
   * Begins a file; its folder must exist.
   *
   * @param entries all tensors, names different
   * @param metadata the strings under {@code __metadata__}; none if empty
   * @throws InputException if the file cannot be written
   */
  public static SafetensorsWriter create(
      Path target, List<Entry> entries, Map<String, String> metadata) {
    OutputFile file = OutputFile.create(target);
    try {
      return new SafetensorsWriter(file, entries, metadata);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Writes all elements of a tensor of the declared element type, F32 or F64, at an offset. */
  public void write(String name, long elementOffset, Tensor values) {
    if (values instanceof FloatTensor floats) {
      write(name, elementOffset, floats.data(), 0, floats.data().length);
    } else if (values instanceof DoubleTensor doubles) {
      write(name, elementOffset, doubles.data(), 0, doubles.data().length);
    }
  }

  /**
   * Writes elements of an F32 tensor.
   *
   * @param elementOffset of the first, over the flattened tensor
   * @param values not modified
   */
  public synchronized void write(
      String name, long elementOffset, float[] values, int from, int count) {
    long at = begin(name, DType.F32, elementOffset, count);
    for (int done = 0; done < count; ) {
      ByteBuffer room = room(at + 4L * done, 4);
      int length = Math.min(count - done, room.remaining() / 4);
      room.asFloatBuffer().put(values, from + done, length);
      room.position(room.position() + 4 * length);
      done += length;
    }
  }

  /** Writes elements of an F64 tensor. */
  public synchronized void write(
      String name, long elementOffset, double[] values, int from, int count) {
    long at = begin(name, DType.F64, elementOffset, count);
    for (int done = 0; done < count; ) {
      ByteBuffer room = room(at + 8L * done, 8);
      int length = Math.min(count - done, room.remaining() / 8);
      room.asDoubleBuffer().put(values, from + done, length);
      room.position(room.position() + 8 * length);
      done += length;
    }
  }

  /** Writes the bits of elements of a 16-bit type, such as BF16. */
  public synchronized void writeBits(
      String name, long elementOffset, short[] bits, int from, int count) {
    DType dtype = slot(name).entry().dtype();
    if (dtype.bits() != Short.SIZE) {
      throw new IllegalArgumentException(name + " is declared " + dtype + ", not of 16 bits");
    }
    long at = begin(name, dtype, elementOffset, count);
    for (int done = 0; done < count; ) {
      ByteBuffer room = room(at + 2L * done, 2);
      int length = Math.min(count - done, room.remaining() / 2);
      room.asShortBuffer().put(bits, from + done, length);
      room.position(room.position() + 2 * length);
      done += length;
    }
  }

  /**
   * Writes bytes of a tensor of any type, little-endian.
   *
   * @param byteOffset of the first, from the start of the tensor
   */
  public synchronized void writeBytes(
      String name, long byteOffset, byte[] values, int from, int count) {
    Slot slot = slot(name);
    slot.written().add(byteOffset, count);
    long at = slot.byteOffset() + byteOffset;
    for (int done = 0; done < count; ) {
      ByteBuffer room = room(at + done, 1);
      int length = Math.min(count - done, room.remaining());
      room.put(values, from + done, length);
      done += length;
    }
  }

  /** Copies a whole tensor of a file, which the declaration must match, bit for bit. */
  public void copy(String name, FileTensor source) {
    Entry entry = slot(name).entry();
    if (entry.dtype() != source.dtype() || entry.byteSize() != source.byteSize()) {
      throw new IllegalArgumentException(source.origin() + " is not what was declared: " + entry);
    }
    byte[] block = new byte[(int) Math.min(BUFFER_BYTES, source.byteSize())];
    for (long at = 0; at < source.byteSize(); at += block.length) {
      int length = (int) Math.min(block.length, source.byteSize() - at);
      source.readBytes(at, block, 0, length);
      writeBytes(name, at, block, 0, length);
    }
  }

  /** Writes elements that are all zero bits, which costs nothing where files may have holes. */
  public synchronized void writeZeros(String name, long elementOffset, long count) {
    Slot slot = slot(name);
    int bits = slot.entry().dtype().bits();
    if (bits < Byte.SIZE) {
      throw new IllegalArgumentException(name + ": elements of less than a byte; write bytes");
    }
    slot.written().add(elementOffset * (bits / Byte.SIZE), count * (bits / Byte.SIZE));
  }

  /**
   * Finishes the file and puts it in its place.
   *
   * @throws IllegalStateException if an element was not written
   * @throws InputException if the file cannot be written, as on a full disk
   */
  public synchronized void commit() {
    for (Slot slot : slots.values()) {
      slot.written().requireComplete();
    }
    flush();
    if (file.size() < fileSize) {
      // The last bytes are zeros that were never written out.
      file.write(ByteBuffer.allocate(1), fileSize - 1);
    }
    file.commit();
  }

  /** Throws the file away, unless it was committed. */
  @Override
  public synchronized void close() {
    file.close();
  }

  private Slot slot(String name) {
    Slot slot = slots.get(name);
    if (slot == null) {
      throw new IllegalArgumentException("no tensor " + name + " was declared");
    }
    return slot;
  }

  /** Notes the elements as written; gives the byte offset of the first in the file. */
  private long begin(String name, DType dtype, long elementOffset, int count) {
    Slot slot = slot(name);
    if (slot.entry().dtype() != dtype) {
      throw new IllegalArgumentException(
          name + " is declared " + slot.entry().dtype() + ", not " + dtype);
    }
    int elementBytes = dtype.bits() / Byte.SIZE;
    slot.written().add(elementOffset * elementBytes, (long) count * elementBytes);
    return slot.byteOffset() + elementOffset * elementBytes;
  }

  /** The buffer, ready to take bytes for this place: pieces that meet are written as one. */
  private ByteBuffer room(long byteOffset, int atLeast) {
    if (byteOffset != bufferStart + buffer.position() || buffer.remaining() < atLeast) {
      flush();
      bufferStart = byteOffset;
    }
    return buffer;
  }

  private void flush() {
    buffer.flip();
    file.write(buffer, bufferStart);
    buffer.clear();
  }
}
