package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.sae.FeatureReader;
import loupe.sae.Features;
import loupe.sae.PromotedTokens;
import org.junit.jupiter.api.Test;

class FeatureGridTest {
  private static final String[] PIECES = {
    "日本語", "👍", "é", "◌́", "▁▁▁", "\\n", "a very long piece of a vocabulary", "x"
  };

  private static FeatureReader.Reading reading(int position, int... features) {
    double[] activations = new double[features.length];
    for (int i = 0; i < activations.length; i++) {
      activations[i] = 100.0 / (1 + position + i);
    }
    return new FeatureReader.Reading(
        0, position, position % PIECES.length, 9, new Features(features, activations));
  }

  private static List<String> lines(List<FeatureReader.Reading> readings, int columns) {
    Map<Integer, List<PromotedTokens.Token>> promoted =
        Map.of(
            7, List.of(new PromotedTokens.Token(0, 3), new PromotedTokens.Token(1, 2)),
            12345, List.of(new PromotedTokens.Token(6, 3), new PromotedTokens.Token(2, 2)));
    LookResult.View view = new LookResult.View(null, readings, promoted);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Terminal terminal =
        new Terminal(
            out, out, InputStream.nullInputStream(), Map.of("NO_COLOR", "1"), true, false, columns);
    int[] ids = readings.stream().mapToInt(FeatureReader.Reading::tokenId).toArray();
    LookColumns places =
        LookColumns.of(new LookResult(ids, List.of(view), List.of()), id -> PIECES[id]);
    new FeatureGrid(terminal, view, places, id -> PIECES[id]).print();
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void alignsWideAndCombiningCharacters() {
    List<FeatureReader.Reading> readings = new ArrayList<>();
    for (int pos = 0; pos < PIECES.length; pos++) {
      readings.add(reading(pos, 7, 12345));
    }
    for (int columns : new int[] {70, 100, 160}) {
      List<String> lines = lines(readings, columns);
      assertEquals(PIECES.length + 1, lines.size());
      int first = cellAfter(lines.get(0), "feature");
      for (String line : lines.subList(1, lines.size())) {
        assertEquals(first, cellAfter(line, " 7"), line);
        assertEquals(cellAfter(lines.get(1), "12345"), cellAfter(line, "12345"), line);
      }
      assertTrue(lines.get(7).contains("a very long pie…"), lines.get(7));
    }
  }

  private static int cellAfter(String line, String part) {
    int at = line.indexOf(part);
    assertTrue(at >= 0, line);
    return DisplayWidth.of(line.substring(0, at + part.length()));
  }

  @Test
  void showsThreeDigitsOfAnActivation() {
    Map<Double, String> shown =
        Map.of(
            0.001, "0.00", 1.0, "1.00", 9.994, "9.99", 9.996, "10.0", 99.94, "99.9", 99.96, "100",
            1234.5678, "1235");
    shown.forEach((is, text) -> assertEquals(text, LookColumns.OfFeatures.number(is)));
  }

  @Test
  void coloursWhatComesAgainAndReusesTheColourThatWasUsedLeastRecently() {
    List<FeatureReader.Reading> readings = new ArrayList<>();
    int colours = FeatureColours.COLOURS.length;
    for (int feature = 0; feature <= colours; feature++) {
      readings.add(reading(2 * feature, feature, 1000 + feature));
      readings.add(reading(2 * feature + 1, feature));
    }
    readings.add(reading(2 * colours + 2, 0));
    FeatureColours is = new FeatureColours(readings);
    for (int feature = 0; feature < colours; feature++) {
      assertEquals(FeatureColours.COLOURS[feature], is.of(feature));
      assertNull(is.of(1000 + feature));
    }
    assertEquals(FeatureColours.COLOURS[0], is.of(colours));
  }

  @Test
  void letsStandBackWhatIsOnMostTokens() {
    List<FeatureReader.Reading> readings = new ArrayList<>();
    for (int pos = 0; pos < 6; pos++) {
      readings.add(pos < 4 ? reading(pos, 7) : reading(pos, 8));
    }
    assertEquals(Style.FAINT, new FeatureColours(readings).of(7));
    assertEquals(Style.CYAN, new FeatureColours(readings).of(8));
    assertEquals(Style.CYAN, new FeatureColours(readings.subList(0, 2)).of(7));
  }

  @Test
  void measuresStrengthWithoutTheFirstTokenWhereThereAreOthers() {
    assertEquals(50, FeatureColours.strong(List.of(reading(0, 7))));
    assertEquals(25, FeatureColours.strong(List.of(reading(0, 7), reading(1, 7), reading(2, 7))));
    assertEquals(0, FeatureColours.strong(List.of()));
  }
}
