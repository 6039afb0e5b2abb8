package loupe.loaders;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.StoredTensor;

/**
 * What transformers' {@code model_addition_debugger_context} writes: a tree of calls as JSON
 * ({@code ..._debug_tree_FULL_TENSORS.json}), with tensors as torch prints them, or, with {@code
 * use_repr=False}, in safetensors files beside it. A tensor is called {@code MODULE.input}, {@code
 * MODULE.input.1}, {@code MODULE.output} and so on; a module's later calls are left out.
 *
 * <p>Source: huggingface/transformers, {@code src/transformers/model_debugging_utils.py}.
 */
public final class ModelDebugger extends GatheredTensors {
  private static final Pattern SHAPE = Pattern.compile("torch\\.Size\\(\\[([\\d, ]*)]\\)");
  private static final Pattern PRINTED =
      Pattern.compile("^tensor\\((.*?)(?:,\\s*\\w+=.*)?\\)$", Pattern.DOTALL);

  private ModelDebugger(String origin, Map<String, StoredTensor> tensors) {
    super(origin, tensors);
  }

  /**
   * Reads a tree of calls.
   *
   * @throws InputException if it cannot be read, is malformed, or its tensors are not there
   */
  public static ModelDebugger open(Path file) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    new Tree(file, tensors).add(StrictJson.readObject(file).fields());
    if (tensors.isEmpty()) {
      throw new MalformedFileException(
          file.toString(),
          "$",
          "holds no tensors; the file ..._FULL_TENSORS.json has them, ..._SUMMARY.json has not");
    }
    return new ModelDebugger(file.toString(), tensors);
  }

  private record Tree(Path file, Map<String, StoredTensor> tensors) {
    void add(Map<?, ?> node) {
      String module = String.valueOf(node.get("module_path"));
      if (node.get("inputs") instanceof Map<?, ?> inputs) {
        if (inputs.get("args") instanceof List<?> args && !args.isEmpty()) {
          addAll(module + ".input", args.size() == 1 ? args.get(0) : args);
        }
        if (inputs.get("kwargs") instanceof Map<?, ?> named) {
          named.forEach((key, value) -> addAll(inputName(module, String.valueOf(key)), value));
        }
      }
      addAll(module + ".output", node.get("outputs"));
      if (node.get("children") instanceof List<?> children) {
        for (Object child : children) {
          if (child instanceof Map<?, ?> call) {
            add(call);
          }
        }
      }
    }

    private static String inputName(String module, String key) {
      return module + (key.equals("hidden_states") ? ".input" : ".input." + key);
    }

    private void addAll(String name, Object value) {
      if (value instanceof List<?> list) {
        for (int i = 0; i < list.size(); i++) {
          addAll(name + "." + i, list.get(i));
        }
      } else if (value instanceof Map<?, ?> map) {
        if (map.containsKey("shape") && map.containsKey("dtype")) {
          tensor(name, map);
        } else {
          map.forEach((key, inner) -> addAll(name + "." + key, inner));
        }
      }
    }

    private void tensor(String name, Map<?, ?> map) {
      Object value = map.get("value");
      boolean isFloat = String.valueOf(map.get("dtype")).contains("float");
      if (value == null || !isFloat || tensors.containsKey(name)) {
        return;
      }
      if (value instanceof String path) {
        tensors.put(name, stored(name, path));
      } else if (value instanceof List<?> lines) {
        tensors.put(name, printed(name, map, lines));
      }
    }

    private StoredTensor stored(String name, String path) {
      String plain = path.startsWith("./") ? path.substring(2) : path;
      if (plain.isEmpty() || plain.contains("/") || plain.contains("\\") || plain.equals("..")) {
        throw failure(name, "its file '" + Printable.of(path) + "' is not a plain name");
      }
      return SafetensorsFile.open(file.toAbsolutePath().resolveSibling(plain)).tensor("data");
    }

    private StoredTensor printed(String name, Map<?, ?> map, List<?> lines) {
      Matcher shape = SHAPE.matcher(String.valueOf(map.get("shape")));
      String text = lines.stream().map(String::valueOf).collect(Collectors.joining("\n"));
      Matcher print = PRINTED.matcher(text.strip());
      if (!shape.matches() || !print.matches()) {
        throw failure(name, "is not as torch prints tensors");
      }
      try {
        long[] lengths =
            shape.group(1).isBlank()
                ? new long[0]
                : Arrays.stream(shape.group(1).split(","))
                    .mapToLong(digits -> Long.parseLong(digits.strip()))
                    .toArray();
        return new PrintedTensor(file.toString(), name, lengths, print.group(1));
      } catch (NumberFormatException e) {
        throw failure(name, "has no shape");
      }
    }

    private MalformedFileException failure(String name, String reason) {
      return new MalformedFileException(file.toString(), "tensor " + Printable.of(name), reason);
    }
  }
}
