package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.InputException;

/**
 * Writes a GGUF file, version 3. Keys and tensors are declared first; then tensors are written in
 * any order, in pieces that begin and end between blocks, each element once; {@link #commit} checks
 * that none was forgotten and puts the file in its place. Until then an older file stays as it was.
 *
 * <p>Methods may be called by several threads: encoding is done side by side.
 */
public final class GgufWriter implements AutoCloseable {
  private final OutputFile file;
  private final long fileSize;
  private final Map<String, Slot> slots = new LinkedHashMap<>();

  /**
   * A tensor that will be written.
   *
   * @param type one that can be written: F32, F16, BF16 or Q8_0
   * @param shape axis lengths, the last axis being that whose elements lie side by side
   */
  public record Entry(String name, GgmlType type, long... shape) {
    long byteSize() {
      return FileTensor.product(shape) / type.blockElements() * type.blockBytes();
    }
  }

  private record Slot(Entry entry, long byteOffset, WrittenRanges written) {}

  private GgufWriter(OutputFile file, Map<String, Object> keys, List<Entry> entries) {
    this.file = file;
    GgufLayout layout = new GgufLayout(keys, entries);
    long position = layout.dataStart();
    for (Entry entry : entries) {
      WrittenRanges written = new WrittenRanges(entry.name(), entry.byteSize());
      slots.put(entry.name(), new Slot(entry, position, written));
      position = GgufLayout.aligned(position + entry.byteSize());
    }
    this.fileSize = position;
    file.write(ByteBuffer.wrap(layout.header()), 0);
  }

  /**
   * Begins a file; its folder must exist.
   *
   * @param keys in the order of the file; an Integer is written as uint32, a Float as float32, a
   *     Boolean, String, {@code String[]}, {@code float[]} or {@code int[]} (int32) as what it is
   * @param entries all tensors, names different
   * @throws InputException if the file cannot be written
   */
  public static GgufWriter create(Path target, Map<String, Object> keys, List<Entry> entries) {
    OutputFile file = OutputFile.create(target);
    try {
      return new GgufWriter(file, keys, entries);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Encodes and writes elements. Rounding is to nearest even; Q8_0 is that of ggml's reference
   * ({@code quantize_row_q8_0_ref}).
   *
   * @param elementOffset of the first, over the flattened tensor
   * @param values not modified
   * @throws InputException if a value is not finite, or beyond the type
   */
  public void write(String name, long elementOffset, float[] values, int count) {
    Slot slot = slots.get(name);
    if (slot == null) {
      throw new IllegalArgumentException("no tensor " + name + " was declared");
    }
    GgmlType type = slot.entry().type();
    int block = type.blockElements();
    if (elementOffset % block != 0 || count % block != 0) {
      throw new IllegalArgumentException(name + ": pieces must be whole blocks of " + block);
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(count / block * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    GgmlEncoder.encode(name, type, values, count, bytes);
    bytes.flip();
    put(slot, elementOffset / block * type.blockBytes(), bytes);
  }

  private synchronized void put(Slot slot, long byteOffset, ByteBuffer bytes) {
    slot.written().add(byteOffset, bytes.remaining());
    file.write(bytes, slot.byteOffset() + byteOffset);
  }

  /**
   * Finishes the file and puts it in its place.
   *
   * @throws IllegalStateException if an element was not written
   * @throws InputException if the file cannot be written, as on a full disk
   */
  public synchronized void commit() {
    slots.values().forEach(slot -> slot.written().requireComplete());
    if (file.size() < fileSize) {
      file.write(ByteBuffer.allocate(1), fileSize - 1);
    }
    file.commit();
  }

  /** Throws the file away, unless it was committed. */
  @Override
  public synchronized void close() {
    file.close();
  }
}
