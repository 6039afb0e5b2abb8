package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.Gemma2Config;

/**
 * The order of a tensor's axes in a dump, such as {@code batch pos head*d_head}: words for axes,
 * with {@code *} between those that are flattened into one, the last one fastest. {@code head} is
 * {@code head_kv*group}: the query heads that share a key head are neighbours. {@code copy} holds
 * the same tensor several times, of which the first is read.
 *
 * @param text the words
 */
record Axes(String text) {
  private static final String BATCH = "batch ";
  private static final String POS = "pos";
  private static final String KEY = "key";
  private static final String COPY = "copy";

  /**
   * How a shape is understood.
   *
   * @param axes in which order
   * @param positions number of positions
   * @param starts for each elementary axis of ours its length and its stride in theirs
   */
  record Fit(Axes axes, int positions, List<Step> steps) {}

  /** An elementary axis: its length, and how far apart its elements lie in the dump. */
  record Step(int length, long stride) {}

  /** A word, its length in the dump and its stride there. */
  private record Axis(String word, int length, long stride) {}

  /** Without the batch axis, which may be there or not. */
  Axes withoutBatch() {
    return text.startsWith(BATCH) ? new Axes(text.substring(BATCH.length())) : this;
  }

  /** Other orders in which programs write a tensor of this shape, this one first. */
  static List<Axes> orders(Axes ours) {
    List<Axes> all = new ArrayList<>(List.of(ours));
    switch (ours.text) {
      case "pos head d_head" -> {
        all.add(new Axes("head pos d_head"));
        all.add(new Axes("pos head*d_head"));
        all.add(new Axes("pos head_kv group d_head"));
      }
      case "pos head_kv d_head" -> {
        all.add(new Axes("head_kv pos d_head"));
        all.add(new Axes("pos head_kv*d_head"));
      }
      case "head pos key" -> {
        all.add(new Axes("pos head key"));
        all.add(new Axes("head_kv group pos key"));
        all.add(new Axes("pos head_kv group key"));
      }
      default -> {}
    }
    return all;
  }

  /**
   * How this order explains a shape; empty if it does not. Axes of length 1 before the others are a
   * batch of one. A cache may have room for more keys than there are positions.
   *
   * @param ours the order in which the elements are wanted
   */
  Optional<Fit> fit(long[] shape, Axes ours, Gemma2Config config) {
    String[] words = withoutBatch().text.split(" ");
    int skipped = shape.length - words.length;
    boolean onePosition = skipped == -1 && words.length == 2 && words[0].equals(POS);
    if (skipped < 0 && !onePosition) {
      return Optional.empty();
    }
    for (int axis = 0; axis < skipped; axis++) {
      if (shape[axis] != 1) {
        return Optional.empty();
      }
    }
    List<Axis> axes = new ArrayList<>();
    Map<String, Integer> sizes = sizes(config);
    long stride = 1;
    for (int w = words.length - 1; w >= 0; w--) {
      long length = onePosition && w == 0 ? 1 : shape[w + skipped];
      if (length < 1 || length > Integer.MAX_VALUE || !add(words[w], length, stride, sizes, axes)) {
        return Optional.empty();
      }
      stride *= length;
    }
    return steps(ours, axes, config);
  }

  private static Map<String, Integer> sizes(Gemma2Config c) {
    return Map.of(
        "head_kv", c.nKvHeads(),
        "group", c.nHeads() / c.nKvHeads(),
        "d_head", c.dHead(),
        "d_model", c.dModel(),
        "d_mlp", c.dMlp(),
        "d_vocab", c.dVocab());
  }

  private static String[] elementary(String word) {
    return word.replace("head*", "head_kv*group*").split("\\*");
  }

  /** Splits one axis of the dump into elementary ones; false if its length is another. */
  private static boolean add(
      String word, long length, long stride, Map<String, Integer> sizes, List<Axis> axes) {
    if (word.equals(POS) || word.equals(KEY) || word.equals(COPY)) {
      return axes.add(new Axis(word, (int) length, stride));
    }
    String[] parts = elementary(word.equals("head") ? "head_kv*group" : word);
    long inner = stride;
    long product = 1;
    for (int p = parts.length - 1; p >= 0; p--) {
      int size = sizes.get(parts[p]);
      axes.add(new Axis(parts[p], size, inner));
      inner *= size;
      product *= size;
    }
    return product == length;
  }

  private Optional<Fit> steps(Axes ours, List<Axis> axes, Gemma2Config config) {
    int positions = axes.stream().filter(a -> a.word.equals(POS)).findFirst().orElseThrow().length;
    List<Step> steps = new ArrayList<>();
    for (String word : ours.withoutBatch().text.split(" ")) {
      for (String part : elementary(word.equals("head") ? "head_kv*group" : word)) {
        Axis axis = axes.stream().filter(a -> a.word.equals(part)).findFirst().orElse(null);
        if (axis == null || part.equals(KEY) && axis.length < positions) {
          return Optional.empty();
        }
        steps.add(new Step(part.equals(KEY) ? positions : axis.length, axis.stride));
      }
    }
    return Optional.of(new Fit(withoutBatch(), positions, steps));
  }

  @Override
  public String toString() {
    return "[" + text.replace(" ", ", ") + "]";
  }
}
