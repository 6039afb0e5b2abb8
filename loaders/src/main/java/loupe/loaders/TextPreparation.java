package loupe.loaders;

import java.util.ArrayList;
import java.util.List;

/**
 * What a {@code tokenizer.json} does to a text before the model sees it: the normalizer and the
 * pre-tokenizer, of the kinds that Gemma's files use.
 *
 * @param steps the normalizer's steps, in order
 * @param split where the normalised text is split, or null
 */
record TextPreparation(List<Step> steps, Split split) {

  /** One step of a normalizer. */
  sealed interface Step permits Replace, Prepend {
    /** The text after this step. */
    String apply(String text);
  }

  /** Replaces each occurrence of a string (normalizers/replace.rs, {@code String} pattern). */
  record Replace(String pattern, String content) implements Step {
    @Override
    public String apply(String text) {
      return text.replace(pattern, content);
    }
  }

  /** Puts a string before a text that is not empty (normalizers/prepend.rs). */
  record Prepend(String prefix) implements Step {
    @Override
    public String apply(String text) {
      return text.isEmpty() ? text : prefix + text;
    }
  }

  /** What a split does with the delimiters (tokenizer/normalizer.rs, same names). */
  enum Behavior {
    REMOVED,
    ISOLATED,
    MERGED_WITH_PREVIOUS,
    MERGED_WITH_NEXT,
    CONTIGUOUS;

    /** Whether there is a cut between two neighbours, of which each may be a delimiter. */
    private boolean cuts(boolean leftDelimiter, boolean rightDelimiter) {
      return switch (this) {
        case REMOVED, ISOLATED -> true;
        case MERGED_WITH_PREVIOUS -> leftDelimiter || !rightDelimiter;
        case MERGED_WITH_NEXT -> rightDelimiter || !leftDelimiter;
        case CONTIGUOUS -> leftDelimiter != rightDelimiter;
      };
    }
  }

  /** A split at each occurrence of a string. */
  record Split(String delimiter, Behavior behavior) {

    private List<String> apply(String text) {
      List<String> words = new ArrayList<>();
      int wordStart = 0;
      int at = 0;
      boolean delimiterNow = text.startsWith(delimiter);
      while (at < text.length()) {
        int end = delimiterNow ? at + delimiter.length() : nextDelimiter(text, at);
        boolean delimiterNext = text.startsWith(delimiter, end);
        if (end == text.length() || behavior.cuts(delimiterNow, delimiterNext)) {
          if (!delimiterNow || behavior != Behavior.REMOVED) {
            words.add(text.substring(wordStart, end));
          }
          wordStart = end;
        }
        at = end;
        delimiterNow = delimiterNext;
      }
      return words;
    }

    private int nextDelimiter(String text, int from) {
      int found = text.indexOf(delimiter, from);
      return found < 0 ? text.length() : found;
    }
  }

  /** The text as the normalizer leaves it. */
  String normalise(String text) {
    String normal = text;
    for (Step step : steps) {
      normal = step.apply(normal);
    }
    return normal;
  }

  /** The words of a normalised text that is not empty; none of them is. */
  List<String> words(String normal) {
    return split == null ? List.of(normal) : split.apply(normal);
  }
}
