package loupe.sae;

import static loupe.sae.SmallSaes.activations;
import static loupe.sae.SmallSaes.row;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import org.junit.jupiter.api.Test;

class SteerHookTest {
  private static final String OUT = "blocks.1.hook_mlp_out";
  private static final RowFilter NO_BOS = RowFilter.allButBos(2);

  private final Random random = new Random(23);
  private final SmallSaes.Source source = SmallSaes.random(random, 5, 8, 6);
  private final AttachedSae transcoder = SmallSaes.attached(source, Site.TRANSCODER, 1);
  private final DoubleTensor value = activations(random, 3, 6);
  private final Rows rows = Rows.of(new int[] {2, 9, 4}, 0, 0);

  @Test
  void addsTheCoefficientTimesTheDecoderRowEverywhereButAtBos() {
    SteerHook hook = new SteerHook(transcoder, List.of(new SteerHook.Push(3, 7.25)), NO_BOS);
    Tensor out = hook.at(OUT, value, rows);
    double[] direction = transcoder.directions(3).toDoubles();
    assertArrayEquals(row(value, 0), row(out, 0));
    for (int r = 1; r < 3; r++) {
      double[] expected = row(value, r);
      for (int i = 0; i < 6; i++) {
        expected[i] += 7.25 * direction[i];
      }
      assertArrayEquals(expected, row(out, r));
    }
    assertEquals(2, hook.fired());
  }

  @Test
  void steersOneTokenAtATimeToo() {
    SteerHook hook = new SteerHook(transcoder, List.of(new SteerHook.Push(3, 7.25)), NO_BOS);
    Tensor whole = hook.at(OUT, value, rows);
    for (int p = 0; p < 3; p++) {
      Tensor one =
          hook.at(OUT, value.rows(p, p + 1), Rows.of(new int[] {rows.tokenIds()[p]}, p, 0));
      assertArrayEquals(row(whole, p), one.toDoubles());
    }
    assertEquals(4, hook.fired());
  }

  @Test
  void severalDirectionsAdd() {
    List<SteerHook.Push> pushes = List.of(new SteerHook.Push(1, 2), new SteerHook.Push(6, -0.5));
    Tensor out = new SteerHook(transcoder, pushes, RowFilter.ALL).at(OUT, value, rows);
    double[] expected = row(value, 0);
    double[] one = transcoder.directions(1).toDoubles();
    double[] six = transcoder.directions(6).toDoubles();
    for (int i = 0; i < 6; i++) {
      expected[i] = expected[i] + 2 * one[i] + -0.5 * six[i];
    }
    assertArrayEquals(expected, row(out, 0));
  }

  @Test
  void watchesTheOutputSiteOnly() {
    SteerHook hook = new SteerHook(transcoder, List.of(new SteerHook.Push(0, 1)), NO_BOS);
    assertFalse(hook.watches("blocks.1.ln2.hook_normalized"));
    assertSame(value, hook.at("blocks.0.hook_mlp_out", value, rows));
    assertSame(
        value, new SteerHook(transcoder, List.of(), (i, p, s) -> false).at(OUT, value, rows));
  }

  @Test
  void refusesWhatCannotSteer() {
    assertThrows(InputException.class, () -> new SteerHook.Push(0, Double.NaN));
    assertThrows(
        InputException.class,
        () -> new SteerHook(transcoder, List.of(new SteerHook.Push(8, 1)), NO_BOS));
    double[] wDec = source.values("W_dec");
    wDec[2 * 6 + 1] = Double.POSITIVE_INFINITY;
    AttachedSae broken = SmallSaes.attached(source.put("W_dec", wDec, 8, 6), Site.TRANSCODER, 1);
    assertThrows(
        NonFiniteException.class,
        () -> new SteerHook(broken, List.of(new SteerHook.Push(2, 1)), NO_BOS));
  }

  @Test
  void ablatingASiteReplacesItsRows() {
    SiteAblationHook zero = SiteAblationHook.byZero(transcoder, NO_BOS);
    Tensor out = zero.at(OUT, value, rows);
    assertArrayEquals(row(value, 0), row(out, 0));
    assertArrayEquals(new double[6], row(out, 1));
    assertArrayEquals(new double[6], row(out, 2));
    assertEquals(2, zero.fired());
    double[] mean = {1, 2, 3, 4, 5, 6};
    SiteAblationHook toMean = new SiteAblationHook(OUT, SmallSaes.FLOAT64, mean, RowFilter.ALL);
    assertArrayEquals(mean, row(toMean.at(OUT, value, rows), 2));
    assertFalse(toMean.watches("blocks.1.hook_resid_post"));
  }
}
