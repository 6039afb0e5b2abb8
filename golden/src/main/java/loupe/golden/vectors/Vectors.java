package loupe.golden.vectors;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import loupe.golden.NewFolder;
import loupe.loaders.OutputFile;
import loupe.reference.Float64;
import loupe.reference.Workers;

/**
 * All conformance vectors, as the files of a folder: the same bytes at every run, on every machine
 * and JDK. {@code golden/vectors} in the project holds them.
 */
public final class Vectors {
  private static final String[] COPIED = {"README.md", "schema.json"};

  private Vectors() {}

  /** Contents by file name, sorted. */
  public static Map<String, byte[]> files(Workers workers) {
    Asker asker = new Asker(workers);
    TextVectors texts = new TextVectors(asker);
    ModelVectors models = new ModelVectors(asker);
    Map<String, byte[]> files = new TreeMap<>();
    files.put("operations.json", new OperationVectors(asker).file().bytes());
    files.put("bugs.json", new BugVectors(asker, new Float64(workers)).file().bytes());
    files.put("traces.json", models.traces().bytes());
    files.put("decoding.json", models.decoding().bytes());
    files.put("windows.json", models.windows().bytes());
    files.put("tokenizer.json", texts.tokenizer().bytes());
    files.put("chat.json", texts.chat().bytes());
    files.put("sampling.json", texts.sampling().bytes());
    files.put("saes.json", new SaeVectors(asker).file().bytes());
    for (String name : COPIED) {
      files.put(name, resource(name));
    }
    files.put("SHA256SUMS", digests(files));
    return files;
  }

  /**
   * Writes files into a folder, which is made where it is missing; all of them appear, or none.
   *
   * @throws loupe.reference.InputException if they cannot be written
   */
  public static void write(Map<String, byte[]> files, Path folder) {
    NewFolder made = NewFolder.make(folder);
    List<OutputFile> written = new ArrayList<>();
    try {
      files.forEach(
          (name, content) -> {
            OutputFile file = OutputFile.create(folder.resolve(name));
            written.add(file);
            file.write(ByteBuffer.wrap(content), 0);
          });
      written.forEach(OutputFile::commit);
    } finally {
      written.forEach(OutputFile::close);
      made.remove();
    }
  }

  private static byte[] resource(String name) {
    try (InputStream in = Vectors.class.getResourceAsStream("/loupe/vectors/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  private static byte[] digests(Map<String, byte[]> files) {
    StringBuilder text = new StringBuilder();
    files.forEach(
        (name, content) -> {
          try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            text.append(HexFormat.of().formatHex(digest)).append("  ").append(name).append('\n');
          } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
          }
        });
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
