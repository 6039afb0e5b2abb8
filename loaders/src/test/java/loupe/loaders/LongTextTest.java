package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import loupe.loaders.Tokenizer.Specials;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A text may be one word of any length. The time limit is no measurement: work that grows with the
 * square of the length would take hours.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LongTextTest {
  private static final int LENGTH = 1_000_000;

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "tokenizer.model,whale",
        "tokenizer.model, ",
        "tokenizer.model,▁",
        "tokenizer.model,a",
        "tokenizer.model,\u0001",
        "tokenizer.model,<",
        "tokenizer.json,whale",
        "tokenizer.json, ",
        "tokenizer.json,▁",
        "tokenizer.json,a",
        "tokenizer.json,\u0001",
        "tokenizer.json,<",
      })
  void costsInProportionToItsLength(String file, String unit) {
    Tokenizer tokenizer = TokenizerFile.open(file, TestFiles.resource("/loupe/tiny/" + file));
    String text = unit.repeat(LENGTH / unit.length());
    int[][] ids = new int[1][];
    long bytes = TestFiles.allocated(() -> ids[0] = tokenizer.encode(text, false, Specials.TEXT));
    assertEquals(text.replace('▁', ' '), tokenizer.decode(ids[0]));
    assertTrue(bytes < 400L * LENGTH, bytes + " bytes");
  }
}
