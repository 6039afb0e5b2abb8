package loupe.golden.quirk;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.loaders.Tokenizer;

/** Text to ids, and back, with the habits of other models' tokenizers. */
final class TokenizerQuirks {
  private static final String SPACE = "\u2581";

  private TokenizerQuirks() {}

  static void addTo(Map<String, UnaryOperator<Tokenizer>> zoo) {
    zoo.put("tokens-dummy-prefix", text(t -> t.isEmpty() ? t : " " + t));
    zoo.put("tokens-text-stripped", text(String::strip));
    zoo.put("tokens-nfkc", text(t -> Normalizer.normalize(t, Normalizer.Form.NFKC)));
    zoo.put("tokens-lower-cased", text(t -> t.toLowerCase(Locale.ROOT)));
    zoo.put("tokens-newlines-as-spaces", text(t -> t.replace('\n', ' ')));
    zoo.put("tokens-runs-of-spaces-single", ids(TokenizerQuirks::singleSpaces));
    zoo.put("tokens-runs-of-newlines-single", ids(TokenizerQuirks::singleNewlines));
    zoo.put("tokens-bytes-as-unknown", ids(TokenizerQuirks::withoutBytes));
    zoo.put(
        "tokens-specials-parsed",
        base ->
            new ForwardingTokenizer(base) {
              @Override
              public int[] encode(String text, boolean addBos, Specials specials) {
                return base.encode(text, addBos, Specials.PARSE);
              }
            });
    zoo.put("tokens-longest-piece-first", LongestFirst::new);
    zoo.put("decode-strips-the-first-space", decoded((base, ids) -> stripped(base.decode(ids))));
    zoo.put("decode-byte-by-byte", decoded(TokenizerQuirks::byteByByte));
  }

  private static UnaryOperator<Tokenizer> text(UnaryOperator<String> change) {
    return base ->
        new ForwardingTokenizer(base) {
          @Override
          public int[] encode(String text, boolean addBos, Specials specials) {
            return base.encode(change.apply(text), addBos, specials);
          }
        };
  }

  /** Other ids for one id. */
  private interface IdChange {
    void add(Tokenizer tokenizer, int id, IntStream.Builder ids);
  }

  private static UnaryOperator<Tokenizer> ids(IdChange change) {
    return base ->
        new ForwardingTokenizer(base) {
          @Override
          public int[] encode(String text, boolean addBos, Specials specials) {
            IntStream.Builder ids = IntStream.builder();
            for (int id : base.encode(text, addBos, specials)) {
              change.add(base, id, ids);
            }
            return ids.build().toArray();
          }
        };
  }

  private static void singleSpaces(Tokenizer tokenizer, int id, IntStream.Builder ids) {
    splitRun(tokenizer, id, SPACE, ids);
  }

  private static void singleNewlines(Tokenizer tokenizer, int id, IntStream.Builder ids) {
    splitRun(tokenizer, id, "\n", ids);
  }

  private static void splitRun(Tokenizer tokenizer, int id, String unit, IntStream.Builder ids) {
    String piece = tokenizer.piece(id);
    OptionalInt single = tokenizer.id(unit);
    boolean run = piece.equals(unit.repeat(piece.length()));
    for (int i = 0; i < (run && single.isPresent() ? piece.length() : 1); i++) {
      ids.add(run && single.isPresent() ? single.getAsInt() : id);
    }
  }

  private static void withoutBytes(Tokenizer tokenizer, int id, IntStream.Builder ids) {
    boolean isByte = tokenizer.piece(id).matches("<0x[0-9A-F]{2}>");
    ids.add(isByte ? tokenizer.id("<unk>").orElse(0) : id);
  }

  /** At each place the longest piece that fits, instead of merges by score. */
  private static final class LongestFirst extends ForwardingTokenizer {
    private static final int LONGEST = 32;

    LongestFirst(Tokenizer base) {
      super(base);
    }

    @Override
    public int[] encode(String text, boolean addBos, Specials specials) {
      String spaced = text.replace(" ", SPACE);
      IntStream.Builder ids = IntStream.builder();
      if (addBos) {
        ids.add(base.bosId().orElseThrow());
      }
      for (int from = 0; from < spaced.length(); ) {
        int to = longest(spaced, from);
        if (to > from) {
          ids.add(base.id(spaced.substring(from, to)).orElseThrow());
        } else {
          to = spaced.offsetByCodePoints(from, 1);
          String rest = spaced.substring(from, to).replace(SPACE, " ");
          for (int id : base.encode(rest, false, specials)) {
            ids.add(id);
          }
        }
        from = to;
      }
      return ids.build().toArray();
    }

    private int longest(String text, int from) {
      for (int to = Math.min(text.length(), from + LONGEST); to > from; to--) {
        OptionalInt id = base.id(text.substring(from, to));
        if (id.isPresent() && !base.isControl(id.getAsInt())) {
          return to;
        }
      }
      return from;
    }
  }

  private interface Decoding {
    String of(Tokenizer tokenizer, int... ids);
  }

  private static UnaryOperator<Tokenizer> decoded(Decoding decoding) {
    return base ->
        new ForwardingTokenizer(base) {
          @Override
          public String decode(int... ids) {
            return decoding.of(base, ids);
          }
        };
  }

  private static String stripped(String text) {
    return text.startsWith(" ") ? text.substring(1) : text;
  }

  private static String byteByByte(Tokenizer tokenizer, int... ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(tokenizer.decode(id));
    }
    return text.toString();
  }
}
