package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The errors that FLOAT32.md publishes are those that the code has. */
class UlpTableTest {
  private static final int SAMPLES = 400_000;

  /** The cells of a function's line. */
  private static String[] published(ElementaryFunction function) throws IOException {
    String start = "| " + function.name().toLowerCase(Locale.ROOT) + " |";
    for (String line : Files.readAllLines(Path.of("FLOAT32.md"))) {
      if (line.startsWith(start)) {
        return line.substring(1).split("\\|");
      }
    }
    throw new AssertionError("FLOAT32.md has no line of " + function);
  }

  @ParameterizedTest
  @EnumSource(ElementaryFunction.class)
  void theWorstArgumentHasThePublishedErrorAndNoSampleMore(ElementaryFunction function)
      throws IOException {
    String[] cells = published(function);
    double worst = Double.parseDouble(cells[4].replace("ulp", "").strip());
    float worstAt = (float) Double.parseDouble(cells[5].strip());
    assertEquals(worst, function.ulps(worstAt), 5e-5, "at " + cells[5]);
    assertEquals(function.least(), Float.parseFloat(cells[1]));
    assertEquals(function.greatest(), Float.parseFloat(cells[2]));

    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int count = 0;
    while (count < SAMPLES) {
      float x = Float.intBitsToFloat(random.nextInt());
      if (x >= function.least() && x <= function.greatest()) {
        assertTrue(function.ulps(x) <= worst + 5e-5, () -> Float.toHexString(x) + ", seed " + seed);
        count++;
      }
    }
  }
}
