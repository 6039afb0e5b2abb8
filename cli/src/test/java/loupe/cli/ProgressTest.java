package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final String GONE = "\r\u001b[K";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long milliseconds;

  private Progress of(long total) {
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Progress(err, "reading", total, () -> milliseconds * 1_000_000);
  }

  private String shown() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void showsNothingOfShortWork() {
    try (Progress bar = of(10)) {
      for (int step = 0; step < 10; step++) {
        milliseconds += 190;
        bar.advance(1);
      }
    }
    assertEquals("", shown());
  }

  @Test
  void letsTheFirstStepsBeSlow() {
    try (Progress bar = of(100)) {
      milliseconds = 900;
      bar.advance(1);
      milliseconds = 1500;
      bar.advance(99);
    }
    assertEquals("", shown());
  }

  @Test
  void showsLongWorkAsSoonAsItIsForeseeableAndTakesItAway() {
    try (Progress bar = of(100)) {
      milliseconds = 1000;
      bar.advance(25);
      assertTrue(shown().startsWith("\rreading [=======   "), shown());
      assertTrue(shown().contains(" 25 %, 3 s left "), shown());
      milliseconds = 4000;
      bar.advance(75);
      assertTrue(shown().contains("100 %, 0 s left "), shown());
      assertFalse(shown().endsWith(GONE), shown());
    }
    assertTrue(shown().endsWith(GONE), shown());
    assertFalse(shown().contains("\n"), shown());
  }

  @Test
  void paintsAtMostTenTimesASecondAndNeverBeyondTheEnd() {
    try (Progress bar = of(1000)) {
      milliseconds = 2000;
      for (int step = 0; step < 2000; step++) {
        milliseconds++;
        bar.advance(1);
      }
    }
    assertEquals(20, shown().split("\r", -1).length - 2);
    assertFalse(shown().contains("101 %"), shown());
  }

  @Test
  void isSilentWhereNobodyLooks() {
    try (Progress bar = new Progress(null, "reading", 2, () -> milliseconds += 9_000_000_000L)) {
      bar.advance(1);
    }
    assertEquals("", shown());
  }
}
