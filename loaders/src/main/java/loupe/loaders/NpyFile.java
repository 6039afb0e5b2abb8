package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import loupe.reference.InputException;

/**
 * One array of numpy in an npy file: a source of one tensor, whose name is that of the file without
 * {@code .npy}. Safe for several threads; nothing to close.
 */
public final class NpyFile extends TensorTable {
  private NpyFile(Bytes bytes, String name) {
    super(bytes.origin(), Map.of(name, tensor(bytes, name)));
  }

  private static FileTensor tensor(Bytes bytes, String name) {
    String file = bytes.origin();
    try (InputStream array = bytes.stream(0, bytes.size())) {
      NpyHeader header = NpyHeader.read(array, bytes.size(), file, "");
      return new FileTensor(
          file, name, header.dtype(), header.shape(), () -> header.elements(bytes, 0));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
    }
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
    return tensor(names().iterator().next());
  }
}
