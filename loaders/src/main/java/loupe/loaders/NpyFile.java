package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/**
 * One array of numpy in an npy file: a source of one tensor, whose name is that of the file without
 * {@code .npy}. Safe for several threads; nothing to close.
 */
public final class NpyFile implements TensorSource {
  private final String origin;
  private final TensorTable tensors;

  private NpyFile(Bytes bytes, String name) {
    this.origin = bytes.origin();
    NpyHeader header;
    try (InputStream array = bytes.stream(0, bytes.size())) {
      header = NpyHeader.read(array, bytes.size(), origin, "");
    } catch (IOException e) {
      throw new InputException(origin + ": cannot be read: " + IoReason.of(e), e);
    }
    FileTensor tensor =
        new FileTensor(
            origin, name, header.dtype(), header.shape(), () -> header.elements(bytes, 0));
    this.tensors = new TensorTable(origin, Map.of(name, tensor));
  }

  /**
   * Maps and checks a file.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  public static NpyFile open(Path file) {
    return new NpyFile(Bytes.map(file), nameOf(file.getFileName().toString()));
  }

  /**
   * The same over bytes in memory, such as a resource.
   *
   * @param bytes from position to limit; shared, not copied
   * @param origin names them in messages; its last part without {@code .npy} names the tensor
   */
  public static NpyFile of(ByteBuffer bytes, String origin) {
    return new NpyFile(
        Bytes.of(bytes, origin), nameOf(origin.substring(origin.lastIndexOf('/') + 1)));
  }

  private static String nameOf(String fileName) {
    return fileName.endsWith(".npy") ? fileName.substring(0, fileName.length() - 4) : fileName;
  }

  /** The one tensor. */
  public FileTensor tensor() {
    return tensors.tensor(names().iterator().next());
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
    return origin;
  }
}
