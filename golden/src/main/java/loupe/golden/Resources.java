package loupe.golden;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import loupe.loaders.JsonObject;
import loupe.loaders.NpzFile;
import loupe.loaders.SafetensorsFile;
import loupe.loaders.StrictJson;

/**
 * The files that lie on the class path under {@code loupe/}: golden data and the embedded model. A
 * class path cannot be listed, so the file {@code SHA256SUMS} there says what there is. Nothing is
 * kept in memory here.
 */
final class Resources {
  private static final String ROOT = "/loupe/";

  private Resources() {}

  /** SHA-256 in hexadecimal of every file, by its path below {@code loupe/}. */
  static Map<String, String> digests() {
    Map<String, String> digests = new LinkedHashMap<>();
    for (String line : text("SHA256SUMS").split("\n")) {
      int gap = line.indexOf("  ");
      digests.put(line.substring(gap + 2), line.substring(0, gap));
    }
    return Collections.unmodifiableMap(digests);
  }

  /** Names of the folders right below {@code folder}, which ends in a slash; sorted. */
  static Set<String> folders(String folder) {
    Set<String> names = new TreeSet<>();
    for (String path : digests().keySet()) {
      int end = path.indexOf('/', folder.length());
      if (path.startsWith(folder) && end > 0) {
        names.add(path.substring(folder.length(), end));
      }
    }
    return names;
  }

  static boolean exists(String path) {
    return Resources.class.getResource(ROOT + path) != null;
  }

  static byte[] bytes(String path) {
    try (InputStream in = Resources.class.getResourceAsStream(ROOT + path)) {
      if (in == null) {
        throw new IllegalStateException(ROOT + path + " is not on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(origin(path), e);
    }
  }

  static String text(String path) {
    return new String(bytes(path), StandardCharsets.UTF_8);
  }

  static JsonObject json(String path) {
    return StrictJson.readObject(new ByteArrayInputStream(bytes(path)), origin(path));
  }

  static Object jsonValue(String path) {
    return StrictJson.read(new ByteArrayInputStream(bytes(path)), origin(path));
  }

  static SafetensorsFile safetensors(String path) {
    return SafetensorsFile.of(ByteBuffer.wrap(bytes(path)), origin(path));
  }

  static NpzFile npz(String path) {
    return NpzFile.of(ByteBuffer.wrap(bytes(path)), origin(path));
  }

  /** What a message calls the file. */
  private static String origin(String path) {
    return "embedded " + path;
  }
}
