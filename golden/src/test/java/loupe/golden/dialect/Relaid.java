package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.golden.dialect.Dictionary.Entry;
import loupe.golden.dialect.Dictionary.Row;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A trace as a program of some dialect would have written it. Written apart from {@link Axes}: an
 * index for each axis word, and the place that follows from it.
 */
final class Relaid {
  private final Gemma2Config config;
  private final TensorSource trace;
  private final int positions;

  Relaid(Gemma2Config config, TensorSource trace, int positions) {
    this.config = config;
    this.trace = trace;
    this.positions = positions;
  }

  /** What an entry is called in a file, for a layer; the operation included where it counts. */
  String key(Entry entry, Dictionary.Dialect dialect, int layer) {
    List<String> endings =
        entry.side().isEmpty()
            ? List.of("")
            : entry.side().get().equals("input") ? dialect.input() : dialect.output();
    String name = entry.name().replace("*", "node_7") + endings.get(0);
    String op = entry.op().map(o -> "#" + o.replace("*", "")).orElse("");
    return (name + op)
        .replace("{layer}", "" + layer)
        .replace("{previous}", "" + (layer - 1))
        .replace("{last}", "" + (config.nLayers() - 1))
        .replace("{n_layers}", "" + config.nLayers());
  }

  int size(String word) {
    return switch (word) {
      case "batch" -> 1;
      case "pos", "key" -> positions;
      case "head" -> config.nHeads();
      case "head_kv", "copy" -> config.nKvHeads();
      case "group" -> config.nHeads() / config.nKvHeads();
      case "d_head" -> config.dHead();
      case "d_model" -> config.dModel();
      case "d_mlp" -> config.dMlp();
      case "d_vocab" -> config.dVocab();
      default -> throw new IllegalArgumentException(word);
    };
  }

  /** Our tensor in the order of these axes. */
  HeapTensor lay(String name, String ours, String axes) {
    double[] values = values(name);
    List<int[]> shapes = new ArrayList<>();
    for (String axis : axes.split(" ")) {
      int length = 1;
      for (String word : axis.split("\\*")) {
        length *= size(word);
      }
      shapes.add(new int[] {length});
    }
    int[] shape = shapes.stream().mapToInt(s -> s[0]).toArray();
    int copies = axes.contains("copy") ? size("copy") : 1;
    double[] out = new double[values.length * copies];
    String[] words = ours.split(" ");
    for (int i = 0; i < values.length; i++) {
      Map<String, Integer> at = new LinkedHashMap<>();
      int rest = i;
      for (int w = words.length - 1; w >= 0; w--) {
        at.put(words[w], rest % size(words[w]));
        rest /= size(words[w]);
      }
      if (at.containsKey("head")) {
        at.put("head_kv", at.get("head") / size("group"));
        at.put("group", at.get("head") % size("group"));
      }
      for (int copy = 0; copy < copies; copy++) {
        at.put("copy", copy);
        int place = 0;
        for (String word : axes.replace("*", " ").split(" ")) {
          place = place * size(word) + at.getOrDefault(word, 0);
        }
        out[place] = values[i];
      }
    }
    return new HeapTensor(name, new DoubleTensor(out, shape));
  }

  double[] values(String name) {
    StoredTensor stored = trace.tensor(name);
    double[] values = new double[(int) stored.elementCount()];
    stored.read(0, values, 0, values.length);
    return values;
  }

  /** The layers that an entry is about. */
  List<Integer> layers(Row row, Entry entry) {
    if (!row.name().contains("{layer}")) {
      return List.of(0);
    }
    if (entry.layer().isPresent()) {
      String layer = entry.layer().get();
      return List.of(layer.equals("last") ? config.nLayers() - 1 : Integer.parseInt(layer));
    }
    List<Integer> all = new ArrayList<>();
    int first = entry.op().orElse("").contains("{previous}") ? 1 : 0;
    for (int layer = first; layer < config.nLayers(); layer++) {
      all.add(layer);
    }
    return all;
  }
}
