package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PairMergingTest {
  /** Symbols are strings; a pair is joined if the table lists it, earlier lines first. */
  private static final class Words implements PairMerging.Pairs {
    private final List<String> table;
    private final List<String> symbols;
    private int asked;

    Words(List<String> table, List<String> symbols) {
      this.table = table;
      this.symbols = new ArrayList<>(symbols);
    }

    static Words ofLetters(List<String> table, String text) {
      return new Words(table, List.of(text.split("")));
    }

    @Override
    public int rank(int left, int right) {
      asked++;
      return table.indexOf(symbols.get(left) + " " + symbols.get(right));
    }

    @Override
    public int outcome(int rank) {
      return table.indexOf(table.get(rank));
    }

    @Override
    public void join(int left, int right, int rank) {
      symbols.set(left, symbols.get(left) + symbols.get(right));
    }

    List<String> joined() {
      int[] next = PairMerging.join(symbols.size(), this);
      List<String> out = new ArrayList<>();
      for (int i = symbols.isEmpty() ? -1 : 0; i >= 0; i = next[i]) {
        out.add(symbols.get(i));
      }
      return out;
    }
  }

  @Test
  void joinsTheLowestRankFirst() {
    assertEquals(List.of("a", "bc"), Words.ofLetters(List.of("b c", "a b"), "abc").joined());
    assertEquals(List.of("ab", "c"), Words.ofLetters(List.of("a b", "b c"), "abc").joined());
    assertEquals(List.of("abc"), Words.ofLetters(List.of("b c", "a bc"), "abc").joined());
  }

  @Test
  void joinsTheLeftmostOnTies() {
    assertEquals(List.of("aa", "a"), Words.ofLetters(List.of("a a"), "aaa").joined());
    assertEquals(List.of("aaaa", "a"), Words.ofLetters(List.of("a a", "aa aa"), "aaaaa").joined());
  }

  @Test
  void leavesTextsOfNoneOrOneSymbol() {
    assertEquals(List.of(), new Words(List.of("a b"), List.of()).joined());
    assertEquals(List.of("a"), new Words(List.of("a b"), List.of("a")).joined());
  }

  @Property(tries = 500, seed = "5")
  void joinsAsTheDefinitionSays(
      @ForAll long seed, @ForAll @Size(max = 40) List<@IntRange(max = 2) Integer> letters) {
    List<String> table = randomTable(new Random(seed));
    List<String> symbols = letters.stream().map(i -> String.valueOf((char) ('a' + i))).toList();
    assertEquals(byDefinition(table, symbols), new Words(table, symbols).joined());
  }

  private static List<String> randomTable(Random random) {
    List<String> known = new ArrayList<>(List.of("a", "b", "c"));
    List<String> table = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String left = known.get(random.nextInt(known.size()));
      String right = known.get(random.nextInt(known.size()));
      if (!table.contains(left + " " + right)) {
        table.add(random.nextInt(table.size() + 1), left + " " + right);
        known.add(left + right);
      }
    }
    return table;
  }

  /** Looks at all pairs again after each join. */
  private static List<String> byDefinition(List<String> table, List<String> symbols) {
    List<String> left = new ArrayList<>(symbols);
    while (true) {
      int best = -1;
      int bestRank = table.size();
      for (int i = 0; i + 1 < left.size(); i++) {
        int rank = table.indexOf(left.get(i) + " " + left.get(i + 1));
        if (rank >= 0 && rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) {
        return left;
      }
      left.set(best, left.get(best) + left.remove(best + 1));
    }
  }

  @Test
  void asksForAtMostThreeRanksForEachSymbol() {
    int count = 100_000;
    Words words =
        new Words(List.of("a a", "aa aa", "aaaa aaaa"), java.util.Collections.nCopies(count, "a"));
    assertEquals(count / 8, words.joined().size());
    assertTrue(words.asked <= 3 * count, words.asked + " ranks");
  }
}
