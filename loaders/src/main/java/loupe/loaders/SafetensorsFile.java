package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.InputException;

/**
 * A safetensors file: 8 bytes with the length of a JSON header, the header, the tensors. The header
 * is checked against the file's size before anything is used: names, types, shapes, and that the
 * tensors fill the file without holes, overlaps or trailing bytes. The tensors stay in the file,
 * memory-mapped. Safe for several threads; nothing to close.
 */
public final class SafetensorsFile extends TensorTable {
  private final Map<String, String> metadata;

  private SafetensorsFile(Bytes bytes) {
    this(bytes, SafetensorsHeader.read(bytes));
  }

  private SafetensorsFile(Bytes bytes, SafetensorsHeader header) {
    super(bytes.origin(), tensors(bytes, header));
    this.metadata = header.metadata();
  }

  private static Map<String, FileTensor> tensors(Bytes bytes, SafetensorsHeader header) {
    Map<String, FileTensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      tensors.put(entry.name(), tensor(bytes, entry));
    }
    return tensors;
  }

  private static FileTensor tensor(Bytes bytes, SafetensorsHeader.Entry entry) {
    long count = FileTensor.product(entry.shape());
    DType dtype = entry.dtype();
    return new FileTensor(
        bytes.origin(),
        entry.name(),
        dtype,
        entry.shape(),
        () ->
            dtype.bits() < Byte.SIZE
                ? new PackedElements(bytes, entry.begin(), dtype, count)
                : new WindowedElements(
                    bytes, entry.begin(), dtype, count, ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Maps and checks a file.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  public static SafetensorsFile open(Path file) {
    return new SafetensorsFile(Bytes.map(file));
  }

  /**
   * The same over bytes in memory, such as a resource.
   *
   * @param bytes from position to limit; shared, not copied
   * @param origin names them in messages
   */
  public static SafetensorsFile of(ByteBuffer bytes, String origin) {
    return new SafetensorsFile(Bytes.of(bytes, origin));
  }

  /** As {@link #open} for tests: windows of another size. */
  static SafetensorsFile of(Bytes bytes) {
    return new SafetensorsFile(bytes);
  }

  /** The strings under {@code __metadata__}; empty where there are none. Unmodifiable. */
  public Map<String, String> metadata() {
    return metadata;
  }
}
