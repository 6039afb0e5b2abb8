package loupe.loaders;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.StoredTensor;

/**
 * What llama.cpp's {@code llama-eval-callback} prints: for each operation a line such as {@code
 * ggml_debug: Qcur-0 = (f32) ROPE(Qcur-0 (reshaped){8, 4, 5, 1}, inp_pos{5, 1, 1, 1}}) = {8, 4, 5,
 * 1}}, then the first and last elements of each axis. One label stands for several tensors, so a
 * tensor's name is {@code LABEL#OPERATION(SOURCE,SOURCE)}. Axes are in row-major order: reversed.
 * The program may end before all of its text is written: a last tensor that is cut off is left out.
 *
 * <p>Source: llama.cpp, {@code common/debug.cpp} and, before, {@code
 * examples/eval-callback/eval-callback.cpp}.
 */
public final class EvalCallbackText extends GatheredTensors {
  private static final long LARGEST_FILE = 512L << 20;

  private static final Pattern HEADER =
      Pattern.compile(
          "^.*?\\w+:\\s+(\\S.*?) = \\((\\w+)\\)\\s+(\\w+)\\((.*)\\}?\\) = \\{([\\d, ]+)\\}\\s*$");

  private static final Pattern SOURCE = Pattern.compile("(?:^|, )(.*?)\\{[\\d, ]+\\}");

  /** A tensor that was copied from one device to another. */
  private static final Pattern COPIED = Pattern.compile("^\\w+#(.*)#\\d+$");

  private EvalCallbackText(String origin, Map<String, StoredTensor> tensors) {
    super(origin, tensors);
  }

  /**
   * Reads a text.
   *
   * @throws InputException if the file cannot be read, or has no tensor in print
   */
  public static EvalCallbackText open(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new InputException(file + ": more than 512 MB of text; print fewer tensors");
      }
      return parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), file.toString());
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
    }
  }

  /** As {@link #open}, of a text in memory. */
  public static EvalCallbackText parse(String text, String origin) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Matcher header = null;
    StringBuilder body = new StringBuilder();
    for (String line : text.split("\n")) {
      Matcher next = HEADER.matcher(line);
      if (next.matches()) {
        add(header, body, origin, tensors);
        header = next;
        body.setLength(0);
      } else if (header != null && isOfLists(line)) {
        body.append(line).append('\n');
      }
    }
    if (isWhole(body)) {
      add(header, body, origin, tensors);
    }
    if (tensors.isEmpty()) {
      throw new MalformedFileException(
          origin, "text", "holds no tensor as llama-eval-callback prints them");
    }
    return new EvalCallbackText(origin, tensors);
  }

  /** Whether as many brackets are closed as are opened. */
  private static boolean isWhole(CharSequence lists) {
    return lists.chars().filter(c -> c == '[').count()
        == lists.chars().filter(c -> c == ']').count();
  }

  private static boolean isOfLists(String line) {
    String text = line.strip();
    return text.startsWith("[") || text.startsWith("]") || text.startsWith("...");
  }

  private static void add(
      Matcher header, StringBuilder body, String origin, Map<String, StoredTensor> tensors) {
    if (header == null || body.isEmpty()) {
      return;
    }
    List<String> sources = new ArrayList<>();
    Matcher source = SOURCE.matcher(header.group(4));
    while (source.find()) {
      sources.add(COPIED.matcher(source.group(1)).replaceAll("$1"));
    }
    String name =
        "%s#%s(%s)".formatted(header.group(1), header.group(3), String.join(",", sources));
    String[] lengths = header.group(5).split(", ");
    long[] shape = new long[lengths.length];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = length(lengths[shape.length - 1 - axis], origin, name);
    }
    // A prompt in several batches, or a generation: the first pass is the one that is meant.
    tensors.computeIfAbsent(name, key -> new PrintedTensor(origin, name, shape, "[" + body + "]"));
  }

  private static long length(String digits, String origin, String name) {
    try {
      return Long.parseLong(digits.strip());
    } catch (NumberFormatException e) {
      throw new MalformedFileException(origin, name, "'" + digits + "' is no length of an axis");
    }
  }
}
