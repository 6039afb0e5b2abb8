package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.golden.GoldenText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code look} shows to people. */
class LookTextTest {
  private static final String SENTENCE = "Four score and seven years ago";
  private static final Map<String, String> XTERM = Map.of("TERM", "xterm-256color");
  private static final String COLOUR_CODE = "\u001b\\[[0-9;]*m";

  private static String plain(String painted) {
    return painted.replaceAll(COLOUR_CODE, "");
  }

  /** The lines from the head of a grid to the empty line after it. */
  private static List<String> grid(String text) {
    List<String> lines = plain(text).lines().toList();
    int head = 0;
    while (!lines.get(head).stripLeading().startsWith("token")) {
      head++;
    }
    int end = head;
    while (!lines.get(end).isEmpty()) {
      end++;
    }
    return lines.subList(head + 1, end);
  }

  @Test
  void showsTokensFeaturesAndExpectations() {
    assertEquals(
        """
        tiny/res/layer_3/width_1024/average_l0_20
        the residual stream after layer 3: 1,024 features, about 17 active on a token

           token feature  act promotes         feature  act promotes         feature  act promotes
        0  <bos>     480 28.8 \\n ▁ ▁R “ ▁very      541 14.7 <0x2A> <0xE5>        311 8.34 ▁their ▁our
        1  F         541 19.9 <0x2A> <0xE5>        480 8.62 \\n ▁ ▁R “ ▁very      236 5.04 ▁The ▁II R L N
        2  our       541 17.3 <0x2A> <0xE5>        116 4.01 han light rop for     29 3.61 arch <0xB0> nding
        3  ▁sc       541 19.7 <0x2A> <0xE5>        234 8.64 ou he ret ience      492 5.12 men ▁orders
        4  ore        69 6.22 s d l wise m        1007 5.37 ation ative          541 4.95 <0x2A> <0xE5>
        5  ▁and      955 10.2 erable ivil bl       778 8.02 ▁people ▁American    932 7.15 ▁leaving ▁sil
        6  ▁se       541 18.6 <0x2A> <0xE5>        431 5.78 gn ver con ven cr    585 4.77 e rod ock lect ep
        7  ven       541 9.48 <0x2A> <0xE5>        778 6.19 ▁people ▁American    779 5.77 ied ▁years tern
        8  ▁years     42 14.9 . , ▁and ; '         903 11.5 ▁ago ▁years ▁year    541 7.31 <0x2A> <0xE5>
        9  ▁ago       42 13.6 . , ▁and ; '         903 8.36 ▁ago ▁years ▁year    120 4.96 ▁by ▁in ▁over .

           next     probability
           ,         32.0 %  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
           .         27.9 %  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
           ▁the       3.2 %  ━━━━
           ▁in        2.5 %  ━━━
           ▁I         2.3 %  ━━━
           ▁that      2.0 %  ━━╸
           ▁to        1.5 %  ━━
           ▁of        1.5 %  ━━
           ▁was       1.3 %  ━╸
           :          1.2 %  ━╸
                     24.4 %  all 4,086 others

        act: activation; promotes: tokens made likelier.
        Try --layer 0 to 5, --sae tiny/mlp/layer_3, --top 10, --json; loupe look --help.
        """,
        Invocation.of("look", SENTENCE).result());
  }

  @Test
  void hasALineForEachTokenInOrderWhereNobodyLooks() {
    String text = new GoldenText().text();
    List<String> lines = grid(Invocation.of("look", "--top", "12", text).result());
    assertEquals(43, lines.size());
    for (int pos = 0; pos < lines.size(); pos++) {
      assertTrue(lines.get(pos).stripLeading().startsWith(pos + "  "), lines.get(pos));
    }
  }

  @Test
  void neverIsWiderThanTheTerminal() {
    String text = "Call me\n\n  \u65e5\u672c \ud83d\udc4d e\u0301 " + "x".repeat(40);
    for (int columns = 40; columns < 260; columns += 1 + columns / 10) {
      for (String top : new String[] {"0", "1", "3", "8"}) {
        String[] args = {"look", "--top", top, "--sae", "tiny/res/layer_3", "--sae", "mlp", text};
        Invocation run = Invocation.onTerminal(columns, XTERM, args);
        for (String line : plain(run.result()).lines().toList()) {
          // An id is there to be copied: it is never cut.
          boolean isId = line.startsWith("tiny/");
          assertTrue(isId || DisplayWidth.of(line) <= columns, columns + ": " + line);
          assertFalse(line.endsWith(" "), "'" + line + "'");
        }
      }
    }
  }

  @Test
  void goesOnBelowWhereTheFeaturesOfATokenTakeMoreThanALine() {
    Invocation narrow = Invocation.onTerminal(50, Map.of(), "look", "--top", "6", "Call me");
    List<String> lines = grid(narrow.result());
    assertTrue(lines.size() > 4, narrow.out());
    String wide = String.join(" ", grid(Invocation.of("look", "--top", "6", "Call me").result()));
    assertEquals(numbers(wide), numbers(String.join(" ", lines)));
  }

  /** Feature numbers with their activations, in order. */
  private static List<String> numbers(String text) {
    List<String> numbers = new ArrayList<>();
    Matcher matcher = Pattern.compile("[0-9]+ +[0-9]+\\.[0-9]+").matcher(text);
    while (matcher.find()) {
      numbers.add(matcher.group().replaceAll(" +", " "));
    }
    return numbers;
  }

  @Test
  void coloursOnlyWhereTheTerminalCan() {
    String[] args = {"look", SENTENCE};
    String painted = Invocation.onTerminal(100, XTERM, args).result();
    assertTrue(painted.contains("\u001b[36m"), painted);
    String legend = "; colours follow features";
    String unpainted = Invocation.of(args).result();
    assertFalse(unpainted.contains("\u001b"), unpainted);
    assertEquals(unpainted, plain(painted).replace(legend, ""));
    for (Map<String, String> environment :
        List.of(Map.of("TERM", "dumb"), Map.of("TERM", "xterm", "NO_COLOR", "1"))) {
      assertEquals(unpainted, Invocation.onTerminal(100, environment, args).result());
    }
    String emptyMeansNothing =
        Invocation.onTerminal(100, Map.of("TERM", "xterm", "NO_COLOR", ""), args).result();
    assertEquals(painted, emptyMeansNothing);
  }

  @Test
  void givesAFeatureOneColourThroughTheText() {
    String painted = Invocation.onTerminal(100, XTERM, "look", SENTENCE).result();
    Matcher matcher = Pattern.compile("\u001b\\[(3[1-6])m *([0-9]+)\u001b").matcher(painted);
    Map<String, String> colours = new HashMap<>();
    int seen = 0;
    while (matcher.find()) {
      seen++;
      String before = colours.putIfAbsent(matcher.group(2), matcher.group(1));
      assertTrue(before == null || before.equals(matcher.group(1)), matcher.group(2));
    }
    assertTrue(colours.size() >= 4 && seen >= 2 * colours.size(), colours + " seen " + seen);
  }

  @Test
  void makesVisibleWhatATerminalWouldObey() {
    String text = Invocation.onTerminal(80, XTERM, "look", "a\n\tb\u0007\u001b[31m").result();
    assertTrue(plain(text).contains("  \\n  "), text);
    assertTrue(plain(text).contains("  \\t  "), text);
    assertFalse(text.contains("\u0007"), text);
    assertFalse(text.contains("\t"), text);
  }

  @Test
  void showsOneGridForEachSae() {
    String text = Invocation.of("look", "--sae", "mlp", "--sae", "att", "--top", "1", "Call").out();
    int mlp = text.indexOf("tiny/mlp/layer_3/");
    int att = text.indexOf("tiny/att/layer_3/");
    assertTrue(mlp == 0 && att > mlp, text);
    assertTrue(text.contains("what the MLP of layer 3 writes"), text);
    assertTrue(text.contains("the outputs of the heads in layer 3"), text);
    assertEquals(2, text.split("token feature", -1).length - 1);
    assertEquals(1, text.split("next", -1).length - 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--chunk 1", "--chunk 7", "--threads 1", "--threads 5"})
  void looksTheSameForAnyChunkAndThreads(String option) {
    String[] value = option.split(" ");
    assertEquals(
        Invocation.of("look", SENTENCE).result(),
        Invocation.of("look", value[0], value[1], SENTENCE).result());
  }

  @Test
  void speaksOfNoFeaturesWhereNoneAreWanted() {
    String text = Invocation.of("look", "--top", "0", "Call me").result();
    assertTrue(text.contains("\n   token\n0  <bos>\n1  C\n2  all\n3  ▁me\n\n"), text);
    assertTrue(text.contains("1,024 features"), text);
    assertFalse(text.contains("promotes"), text);
  }

  @Test
  void showsTokensAndExpectationsWithoutAnSae(@TempDir Path temp) throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    String text = Invocation.of("look", "--model", folder.toString(), "Call me").out();
    assertTrue(text.startsWith("0  <bos>\n1  C\n2  all\n3  ▁me\n\n"), text);
    assertTrue(text.contains("all 4,086 others"), text);
    assertFalse(text.contains("promotes"), text);
  }
}
