package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Limits from programs whose errors are known here. */
class MeasuredLimitTest {
  private static final long SEED = 1;
  private static final double[] EXACT = {3, -4, 5, 1, -2, 6};
  private static final double SPREAD = 0.25;

  /** Errors of this size; in the share {@code rare} of programs one element is off by 1. */
  private static List<double[]> programs(int count, double size, double rare) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<double[]> programs = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      double[] values = EXACT.clone();
      for (int i = 0; i < values.length; i++) {
        values[i] += size * (2 * random.nextDouble() - 1);
      }
      values[1] += random.nextDouble() < rare ? 1 : 0;
      programs.add(values);
    }
    return programs;
  }

  private static MeasuredLimit limit() {
    return MeasuredLimit.of(EXACT, programs(12, 1e-3, 0), 1, 1e-6, SPREAD);
  }

  private static double off(MeasuredLimit limit, double error) {
    double[] theirs = EXACT.clone();
    theirs[1] += error;
    return limit.worst(EXACT, theirs).ratio();
  }

  @Test
  void largerErrorsThanThoseOfProgramsAreBeyondIt() {
    assertTrue(off(limit(), 1e-3) < 1);
    assertTrue(off(limit(), 1e-2) > 1);
  }

  @Test
  void itStaysWhereMagnifiedErrorsHaveAnEffectInProportion() {
    MeasuredLimit widened = limit().widened(EXACT, programs(36, 8e-3, 0), 8);
    assertEquals(off(limit(), 1e-2), off(widened, 1e-2));
  }

  @Test
  void itAdmitsRareLargeErrorsThatMagnifiedOnesShow() {
    MeasuredLimit widened = limit().widened(EXACT, programs(36, 8e-3, 0.2), 8);
    assertTrue(off(widened, 1) < 1);
    assertFalse(off(widened, 10) < 1);
  }

  @Test
  void itDecidesNothingWhereAMagnifiedProgramOverflows() {
    double[] infinite = new double[EXACT.length];
    Arrays.fill(infinite, Double.POSITIVE_INFINITY);
    assertTrue(limit().widened(EXACT, List.of(infinite), 8).decidesNothing());
  }
}
