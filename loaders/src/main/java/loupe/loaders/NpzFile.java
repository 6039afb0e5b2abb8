package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.TensorSource;

/**
 * Arrays of numpy in a zip archive: the member {@code W_enc.npy} is the tensor {@code W_enc}.
 * Directory and array headers are checked when the file is opened. The checksum of a member is
 * verified at the first read of its tensor, which therefore costs one pass over it: a stored member
 * stays in the mapped file; a deflated one is inflated to the heap and kept. Pickled objects are
 * never read. Safe for several threads; nothing to close.
 */
public final class NpzFile implements TensorSource {
  private static final String SUFFIX = ".npy";

  private final Bytes bytes;
  private final TensorTable tensors;

  private NpzFile(Bytes bytes) {
    this.bytes = bytes;
    List<ZipMember> members = ZipDirectory.read(bytes);
    Map<String, FileTensor> found = new LinkedHashMap<>();
    for (ZipMember member : members) {
      String name = member.name();
      if (!name.endsWith(SUFFIX)) {
        throw failure(member, "not an array: its name should end in .npy");
      }
      FileTensor tensor = tensor(member, name.substring(0, name.length() - SUFFIX.length()));
      if (found.put(tensor.name(), tensor) != null) {
        throw failure(member, "there twice");
      }
    }
    this.tensors = new TensorTable(bytes.origin(), found);
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

  private FileTensor tensor(ZipMember member, String name) {
    NpyHeader header = header(member);
    return new FileTensor(
        bytes.origin(), name, header.dtype(), header.shape(), () -> elements(member, header));
  }

  private NpyHeader header(ZipMember member) {
    String place = "member " + Printable.of(member.name());
    Inflater inflater = member.method() == ZipMember.DEFLATED ? new Inflater(true) : null;
    try {
      InputStream stored = bytes.stream(member.dataStart(), member.dataEnd());
      InputStream array =
          inflater == null ? stored : new InflaterInputStream(stored, inflater, 1 << 10);
      return NpyHeader.read(array, member.size(), bytes.origin(), place);
    } catch (IOException e) {
      throw failure(member, "damaged: cannot be inflated; get the file again");
    } finally {
      if (inflater != null) {
        inflater.end();
      }
    }
  }

  private Elements elements(ZipMember member, NpyHeader header) {
    if (member.method() == ZipMember.DEFLATED) {
      return header.elements(ZipContents.inflate(bytes, member), 0);
    }
    ZipContents.verify(bytes, member);
    return header.elements(bytes, member.dataStart());
  }

  private MalformedFileException failure(ZipMember member, String reason) {
    return new MalformedFileException(
        bytes.origin(), "member " + Printable.of(member.name()), reason);
  }

  @Override
  public Set<String> names() {
    return tensors.names();
  }

  @Override
  public FileTensor tensor(String name) {
    return tensors.tensor(name);
  }

  @Override
  public String origin() {
    return bytes.origin();
  }
}
