package loupe.loaders;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Valid files with a few changes of the kinds that damage, or people who lie, bring about. */
final class Mutation {
  /** Numbers that lengths, counts and offsets of no honest file have. */
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fffffff,
    0x80000000L,
    0xffffffffL,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE - 7,
    (1L << 62) + 1
  };

  private static final String[] NUMBERS = {
    "0",
    "-1",
    "1",
    "255",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "0.5",
    "1e999",
    "-0",
    "007",
    "NaN",
    "9".repeat(400),
    ""
  };

  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "'",
    "(",
    ")",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\0",
    "\n",
    " ",
    "\ufeff",
    "é",
    "▁",
    "\\ud800",
    "<0x00>",
    "[[[[[[[[",
    "PK\3\4",
    "../",
    "O",
    "L"
  };

  private enum Kind {
    FLIP,
    TRUNCATE,
    DELETE,
    INSERT_BYTES,
    INSERT_TOKEN,
    COPY,
    EXTREME,
    NUMBER
  }

  /** One change; places and choices are taken modulo what there is. */
  private record Edit(Kind kind, int place, int choice, int length) {}

  private Mutation() {}

  /** One of the files, with at most so many changes. */
  static Arbitrary<byte[]> of(int mostEdits, byte[]... files) {
    Arbitrary<Integer> anywhere = Arbitraries.integers().between(0, 1 << 20);
    // The places that readers trust most lie at both ends of a file.
    Arbitrary<Integer> place =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(2, anywhere),
            net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(0, 64)),
            net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(-64, -1)));
    Arbitrary<Edit> edit =
        Combinators.combine(
                Arbitraries.of(Kind.class), place, anywhere, Arbitraries.integers().between(1, 64))
            .as(Edit::new);
    return Combinators.combine(
            Arbitraries.of(List.of(files)), edit.list().ofMinSize(1).ofMaxSize(mostEdits))
        .as(Mutation::apply);
  }

  private static byte[] apply(byte[] file, List<Edit> edits) {
    byte[] changed = file;
    for (Edit edit : edits) {
      changed = apply(changed, edit);
    }
    return changed;
  }

  private static byte[] apply(byte[] file, Edit edit) {
    int at = Math.floorMod(edit.place(), file.length + 1);
    int length = Math.min(edit.length(), file.length - at);
    return switch (edit.kind()) {
      case FLIP -> flip(file, at, edit.choice());
      case TRUNCATE -> Arrays.copyOf(file, at);
      case DELETE -> spliced(file, at, length, new byte[0]);
      case INSERT_BYTES -> spliced(file, at, 0, filled(edit.length(), edit.choice()));
      case INSERT_TOKEN -> spliced(file, at, 0, choose(TOKENS, edit.choice()));
      case COPY -> {
        int from = edit.choice() % (file.length + 1);
        int to = Math.min(file.length, from + edit.length());
        yield spliced(file, at, edit.choice() % 2 * length, Arrays.copyOfRange(file, from, to));
      }
      case EXTREME -> {
        int width = 1 << edit.length() % 4;
        byte[] value = little(EXTREMES[edit.choice() % EXTREMES.length], width);
        yield spliced(file, at, Math.min(width, file.length - at), value);
      }
      case NUMBER -> number(file, at, choose(NUMBERS, edit.choice()));
    };
  }

  private static byte[] flip(byte[] file, int at, int bit) {
    byte[] out = file.clone();
    if (at < out.length) {
      out[at] ^= (byte) (1 << bit % 8);
    }
    return out;
  }

  private static byte[] choose(String[] texts, int choice) {
    return texts[choice % texts.length].getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] filled(int length, int choice) {
    byte[] out = new byte[length];
    Arrays.fill(out, (byte) choice);
    return out;
  }

  private static byte[] little(long value, int width) {
    byte[] out = new byte[width];
    for (int i = 0; i < width; i++) {
      out[i] = (byte) (value >>> 8 * i);
    }
    return out;
  }

  /** The number in digits that is next to a place becomes another. */
  private static byte[] number(byte[] file, int at, byte[] number) {
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < file.length; i++) {
      if (digit(file, i) && !digit(file, i - 1)) {
        starts.add(i);
      }
    }
    if (starts.isEmpty()) {
      return file;
    }
    int start = starts.get(at % starts.size());
    int end = start;
    while (digit(file, end)) {
      end++;
    }
    return spliced(file, start, end - start, number);
  }

  private static boolean digit(byte[] file, int at) {
    return at >= 0 && at < file.length && file[at] >= '0' && file[at] <= '9';
  }

  /** The file with {@code removed} bytes replaced by others. */
  private static byte[] spliced(byte[] file, int at, int removed, byte[] inserted) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, at);
    out.writeBytes(inserted);
    out.write(file, at + removed, file.length - at - removed);
    return out.toByteArray();
  }
}
