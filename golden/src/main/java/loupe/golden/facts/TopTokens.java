package loupe.golden.facts;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.loaders.JsonObject;
import loupe.loaders.Tokenizer;

/**
 * A published list of tokens with numbers: {@code [id or null, text, number ...]} or {@code [text,
 * number ...]}.
 */
final class TopTokens {
  /** The sign that pieces of a vocabulary have where the text has a space. */
  private static final char SPACE = '\u2581';

  /**
   * One token.
   *
   * @param id -1 where only the text is given
   * @param numbers such as its probability
   */
  record Entry(int id, String text, double[] numbers) {}

  private TopTokens() {}

  static List<Entry> read(JsonObject json, String key) {
    List<Entry> entries = new ArrayList<>();
    for (Object element : json.list(key)) {
      if (!(element instanceof List<?> list)) {
        throw json.failure(key, "must be an array of arrays such as [123, \" word\", 0.5]");
      }
      entries.add(entry(json, key, list));
    }
    return entries;
  }

  /** One entry that stands alone under its key. */
  static Entry readOne(JsonObject json, String key) {
    return entry(json, key, json.list(key));
  }

  private static Entry entry(JsonObject json, String key, List<?> list) {
    int at = list.get(0) instanceof String ? 0 : 1;
    if (list.size() <= at || !(list.get(at) instanceof String text)) {
      throw json.failure(key, "an entry has no text");
    }
    double[] numbers = new double[list.size() - at - 1];
    for (int i = 0; i < numbers.length; i++) {
      if (!(list.get(at + 1 + i) instanceof Number number)) {
        throw json.failure(key, "an entry has something else than numbers after its text");
      }
      numbers[i] = number.doubleValue();
    }
    int id = at == 1 && list.get(0) instanceof Long known ? known.intValue() : -1;
    return new Entry(id, text, numbers);
  }

  /** The vocabulary's spelling of a token's text. */
  static String piece(String text) {
    return text.equals("(blank)") ? String.valueOf(SPACE) : text.replace(' ', SPACE);
  }

  /** The id of a token's text, if it is one. */
  static OptionalInt id(Tokenizer tokenizer, String text) {
    return tokenizer.id(piece(text));
  }

  /** The text of an id as sources print it. */
  static String text(Tokenizer tokenizer, int id) {
    return tokenizer.piece(id).replace(SPACE, ' ');
  }

  /**
   * The id that each entry means; -1 for a text that is no piece of the vocabulary.
   *
   * @param loose whether sources may have left a space out at the front: then of both readings the
   *     more probable counts that no earlier entry has
   */
  static int[] ids(
      List<Entry> entries, Distribution d, Optional<Tokenizer> tokenizer, boolean loose) {
    int[] ids = new int[entries.size()];
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < ids.length; i++) {
      Entry entry = entries.get(i);
      if (entry.id() >= 0) {
        ids[i] = entry.id();
      } else {
        Tokenizer known =
            tokenizer.orElseThrow(() -> new NotApplicable("needs a tokenizer: give --tokenizer"));
        int best = -1;
        for (OptionalInt id :
            List.of(
                id(known, entry.text()),
                loose ? id(known, " " + entry.text()) : OptionalInt.empty())) {
          boolean free = id.isPresent() && !taken.contains(id.getAsInt());
          if (free && (best < 0 || d.p(id.getAsInt()) > d.p(best))) {
            best = id.getAsInt();
          }
        }
        ids[i] = best;
      }
      taken.add(ids[i]);
    }
    return ids;
  }

  /** Compares the first number of each entry, its probability; logarithms where {@code log}. */
  static void compare(
      String what,
      List<Entry> entries,
      Distribution d,
      Verification v,
      Findings findings,
      Tolerance tolerance,
      boolean log) {
    Optional<Tokenizer> tokenizer = v.subject().tokenizer();
    int[] ids = ids(entries, d, tokenizer, false);
    for (int i = 0; i < ids.length; i++) {
      Entry entry = entries.get(i);
      String name = what + " p(\"" + entry.text().replace("\n", "\\n") + "\")";
      if (ids[i] < 0 || ids[i] >= d.size()) {
        findings.holds(name, false, "is not in the vocabulary");
        continue;
      }
      if (entry.id() >= 0 && tokenizer.isPresent()) {
        findings.equal("piece " + entry.id(), entry.text(), text(tokenizer.get(), entry.id()));
      }
      double p = entry.numbers()[0];
      if (log) {
        findings.close("log of " + name, StrictMath.log(p), d.logP(ids[i]), tolerance);
      } else {
        findings.close(name, p, d.p(ids[i]), tolerance);
      }
    }
  }
}
