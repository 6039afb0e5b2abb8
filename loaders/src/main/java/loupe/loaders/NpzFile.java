package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import loupe.reference.InputException;

/**
 * Arrays of numpy in a zip archive: the member {@code W_enc.npy} is the tensor {@code W_enc}.
 * Directory and array headers are checked when the file is opened. The checksum of a member is
 * verified at the first read of its tensor, which therefore costs one pass over it: a stored member
 * stays in the mapped file; a deflated one is inflated to the heap and kept. Pickled objects are
 * never read. Safe for several threads; nothing to close.
 */
public final class NpzFile extends TensorTable {
  private static final String SUFFIX = ".npy";

  private NpzFile(Bytes bytes) {
    super(bytes.origin(), tensors(bytes));
  }

  private static Map<String, FileTensor> tensors(Bytes bytes) {
    Map<String, FileTensor> tensors = new LinkedHashMap<>();
    for (ZipMember member : ZipDirectory.read(bytes)) {
      FileTensor tensor = tensor(bytes, member);
      if (tensors.put(tensor.name(), tensor) != null) {
        throw member.failure(bytes, "there twice");
      }
    }
    return tensors;
  }

  /**
   * Maps and checks a file.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  public static NpzFile open(Path file) {
    return new NpzFile(Bytes.map(file));
  }

  /**
   * The same over bytes in memory, such as a resource.
   *
   * @param bytes from position to limit; shared, not copied
   * @param origin names them in messages
   */
  public static NpzFile of(ByteBuffer bytes, String origin) {
    return new NpzFile(Bytes.of(bytes, origin));
  }

  /** As {@link #open} for tests: windows of another size. */
  static NpzFile of(Bytes bytes) {
    return new NpzFile(bytes);
  }

  private static FileTensor tensor(Bytes bytes, ZipMember member) {
    String name = member.name();
    if (!name.endsWith(SUFFIX)) {
      throw member.failure(bytes, "not an array: its name should end in .npy");
    }
    NpyHeader header = header(bytes, member);
    return new FileTensor(
        bytes.origin(),
        name.substring(0, name.length() - SUFFIX.length()),
        header.dtype(),
        header.shape(),
        () -> elements(bytes, member, header));
  }

  private static NpyHeader header(Bytes bytes, ZipMember member) {
    Inflater inflater = member.method() == ZipMember.DEFLATED ? new Inflater(true) : null;
    try {
      InputStream stored = bytes.stream(member.dataStart(), member.dataEnd());
      InputStream array =
          inflater == null ? stored : new InflaterInputStream(stored, inflater, 1 << 10);
      return NpyHeader.read(array, member.size(), bytes.origin(), member.place());
    } catch (IOException e) {
      throw member.failure(bytes, "damaged: cannot be inflated; get the file again");
    } finally {
      if (inflater != null) {
        inflater.end();
      }
    }
  }

  private static Elements elements(Bytes bytes, ZipMember member, NpyHeader header) {
    if (member.method() == ZipMember.DEFLATED) {
      return header.elements(ZipContents.inflate(bytes, member), 0);
    }
    ZipContents.verify(bytes, member);
    return header.elements(bytes, member.dataStart());
  }
}
