package loupe.loaders;

import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Numbers alone, little-endian, row-major; name, shape and type are in the file's name: {@code
 * NAME.2x5x64.f32} (or f64, f16, bf16). Safe for several threads; nothing to close.
 */
public final class RawTensor extends TensorTable {
  private static final Pattern FILE_NAME =
      Pattern.compile("(.+)\\.(\\d{1,9}(?:x\\d{1,9}){0,7})\\.(f64|f32|f16|bf16)");

  private RawTensor(String origin, FileTensor tensor) {
    super(origin, Map.of(tensor.name(), tensor));
  }

  /** Whether a file of this name holds such a tensor. */
  public static boolean isNamedSo(Path file) {
    return parts(file).isPresent();
  }

  private static Optional<Matcher> parts(Path file) {
    Matcher matcher = FILE_NAME.matcher(file.getFileName().toString());
    return matcher.matches() ? Optional.of(matcher) : Optional.empty();
  }

  /**
   * Maps a file.
   *
   * @throws InputException if it cannot be read, or its size is not that of its shape
   */
  public static RawTensor open(Path file) {
    Matcher parts =
        parts(file)
            .orElseThrow(() -> new InputException(file + ": is not named as in NAME.2x5x64.f32"));
    long[] shape = Arrays.stream(parts.group(2).split("x")).mapToLong(Long::parseLong).toArray();
    DType dtype = DType.valueOf(parts.group(3).toUpperCase(Locale.ROOT));
    Bytes bytes = Bytes.map(file);
    try {
      long count = FileTensor.product(shape);
      if (Math.multiplyExact(count, dtype.bits() / Byte.SIZE) != bytes.size()) {
        throw wrongSize(file, bytes);
      }
      return new RawTensor(
          file.toString(),
          new FileTensor(
              file.toString(),
              parts.group(1),
              dtype,
              shape,
              () -> new WindowedElements(bytes, 0, dtype, count, ByteOrder.LITTLE_ENDIAN)));
    } catch (ArithmeticException e) {
      throw wrongSize(file, bytes);
    }
  }

  private static InputException wrongSize(Path file, Bytes bytes) {
    return new MalformedFileException(
        file.toString(), "size", bytes.size() + " bytes are not what its name says");
  }
}
