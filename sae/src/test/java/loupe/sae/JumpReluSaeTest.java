package loupe.sae;

import static loupe.sae.SmallSaes.FLOAT64;
import static loupe.sae.SmallSaes.activations;
import static loupe.sae.SmallSaes.random;
import static loupe.sae.SmallSaes.row;
import static loupe.sae.SmallSaes.sae;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JumpReluSaeTest {
  /** Two inputs, three features, two outputs; small enough for a sheet of paper. */
  private static SmallSaes.Source byHand() {
    return new SmallSaes.Source()
        .put("W_enc", new double[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .put("b_enc", new double[] {0.5, -20, 1}, 3)
        .put("W_dec", new double[] {1, 0, 0, 1, 2, -1}, 3, 2)
        .put("b_dec", new double[] {10, 20}, 2)
        .put("threshold", new double[] {1, 1, 1}, 3);
  }

  @Test
  void computesWhatAHandComputes() {
    JumpReluSae sae = sae(byHand());
    JumpReluSae.Encoding encoding = sae.encode(new DoubleTensor(new double[] {1, 2}, 1, 2));
    assertArrayEquals(new double[] {9.5, -8, 16}, encoding.pre().toDoubles());
    assertArrayEquals(new double[] {9.5, 0, 16}, encoding.features().toDoubles());
    assertArrayEquals(new double[] {51.5, 4}, sae.decode(encoding.features()).toDoubles());
  }

  @Test
  void aFeatureAtItsThresholdIsOffAndOneStepAboveItIsOn() {
    double theta = 0.7f;
    SmallSaes.Source source =
        byHand()
            .put("W_enc", new double[6], 2, 3)
            .put("threshold", new double[] {theta, theta, theta}, 3)
            .put("b_enc", new double[] {theta, Math.nextUp(theta), Math.nextDown(theta)}, 3);
    Tensor features = sae(source).encode(new DoubleTensor(new double[] {3, 4}, 1, 2)).features();
    assertArrayEquals(new double[] {0, Math.nextUp(theta), 0}, features.toDoubles());
  }

  @Test
  void subtractsNothingFromTheActivation() {
    JumpReluSae sae = sae(byHand());
    Tensor pre = sae.encode(new DoubleTensor(new double[2], 1, 2)).pre();
    assertArrayEquals(new double[] {0.5, -20, 1}, pre.toDoubles());
  }

  @Test
  void subtractsBDecWhereTheSaeWasTrainedSo() {
    JumpReluSae sae = new JumpReluSae(FLOAT64, sae(byHand()).weights(), true);
    Tensor pre = sae.encode(new DoubleTensor(new double[] {11, 22}, 1, 2)).pre();
    assertArrayEquals(new double[] {9.5, -8, 16}, pre.toDoubles());
  }

  @Test
  void aUnitVectorPicksARowOfTheEncoder() {
    SmallSaes.Source source = byHand().put("b_enc", new double[3], 3);
    Tensor pre = sae(source).encode(new DoubleTensor(new double[] {1, 0, 0, 1}, 2, 2)).pre();
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, pre.toDoubles());
  }

  @Test
  void flattensHeadByHead() {
    Random random = new Random(1);
    SmallSaes.Source source = random(random, 6, 9, 6);
    DoubleTensor heads = activations(random, 4, 3, 2);
    Tensor flat = sae(source).encode(heads.reshape(4, 6)).features();
    assertArrayEquals(flat.toDoubles(), sae(source).encode(heads).features().toDoubles());
    assertArrayEquals(SmallSaes.features(source, row(heads, 2)), row(flat, 2), 1e-14);
  }

  @Test
  void refusesActivationsOfAnotherWidthAndPrintsBoth() {
    JumpReluSae sae = sae(byHand());
    for (Tensor wrong :
        new Tensor[] {
          new DoubleTensor(new double[3], 1, 3),
          new DoubleTensor(new double[2], 2),
          new DoubleTensor(new double[8], 1, 4, 2)
        }) {
      InputException e = assertThrows(InputException.class, () -> sae.encode(wrong));
      assertTrue(e.getMessage().contains("[pos, 2]"), e.getMessage());
      assertTrue(e.getMessage().contains(Arrays.toString(wrong.shape())), e.getMessage());
    }
  }

  @Test
  void noRowsGiveNoRows() {
    JumpReluSae sae = sae(byHand());
    Tensor features = sae.encode(new DoubleTensor(new double[0], 0, 2)).features();
    assertArrayEquals(new int[] {0, 3}, features.shape());
    assertArrayEquals(new int[] {0, 2}, sae.decode(features).shape());
  }

  @Test
  void namesTheParameterThatIsNotFinite() {
    SmallSaes.Source source = byHand().put("W_enc", new double[] {1, 2, 3, 4, Double.NaN, 6}, 2, 3);
    JumpReluSae sae = sae(source);
    NonFiniteException e =
        assertThrows(
            NonFiniteException.class,
            () -> sae.encode(new DoubleTensor(new double[] {1, 1}, 1, 2)));
    assertTrue(e.getMessage().contains("W_enc"), e.getMessage());
    assertTrue(e.getMessage().contains("element 4 is NaN"), e.getMessage());
  }

  @Test
  void anActivationThatIsNotFiniteIsRefusedBeforeTheThresholdHidesIt() {
    JumpReluSae sae = sae(byHand());
    for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
      Tensor a = new DoubleTensor(new double[] {1, 1, bad, 1}, 2, 2);
      NonFiniteException e = assertThrows(NonFiniteException.class, () -> sae.encode(a));
      assertTrue(e.getMessage().contains("row 1"), e.getMessage());
    }
  }

  @Test
  void aBiasThatOverflowsThePreActivationIsRefused() {
    SmallSaes.Source source = byHand().put("b_enc", new double[] {0, -Double.MAX_VALUE, 0}, 3);
    Tensor a = new DoubleTensor(new double[] {-Double.MAX_VALUE / 8, 0}, 1, 2);
    source.put("W_enc", new double[] {1, 7, 1, 1, 1, 1}, 2, 3);
    NonFiniteException e = assertThrows(NonFiniteException.class, () -> sae(source).encode(a));
    assertTrue(e.getMessage().contains("b_enc"), e.getMessage());
  }

  @Test
  void decodingReadsOnlyTheRowsOfFeaturesThatAreOn() {
    double nan = Double.NaN;
    JumpReluSae sae = sae(byHand().put("W_dec", new double[] {1, 0, nan, nan, 2, -1}, 3, 2));
    Tensor without = sae.decode(new DoubleTensor(new double[] {9.5, 0, 16}, 1, 3));
    assertArrayEquals(new double[] {51.5, 4}, without.toDoubles());
    NonFiniteException e =
        assertThrows(
            NonFiniteException.class,
            () -> sae.decode(new DoubleTensor(new double[] {0, 1, 0}, 1, 3)));
    assertTrue(e.getMessage().contains("W_dec"), e.getMessage());
  }

  @Test
  void directionsAreTheDecodersRows() {
    JumpReluSae sae = sae(byHand());
    assertArrayEquals(new double[] {2, -1, 1, 0}, sae.directions(2, 0).toDoubles());
    InputException e = assertThrows(InputException.class, () -> sae.directions(3));
    assertTrue(e.getMessage().contains("0 to 2"), e.getMessage());
    assertThrows(InputException.class, () -> sae.directions(-1));
  }

  @Test
  void fewRowsOfAWideSaeAreEncodedAtOnceAndManyOfANarrowOne() {
    assertEquals((1 << 22) / 3, sae(byHand()).rowsAtOnce());
  }

  @Property(tries = 50)
  void agreesWithTheFormula(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 9) int dIn,
      @ForAll @IntRange(min = 1, max = 20) int dSae,
      @ForAll @IntRange(min = 1, max = 9) int dOut) {
    Random random = new Random(seed);
    SmallSaes.Source source = random(random, dIn, dSae, dOut);
    JumpReluSae sae = sae(source);
    DoubleTensor a = activations(random, 3, dIn);
    JumpReluSae.Encoding encoding = sae.encode(a);
    Tensor reconstruction = sae.decode(encoding.features());
    for (int r = 0; r < 3; r++) {
      assertArrayEquals(SmallSaes.features(source, row(a, r)), row(encoding.features(), r), 1e-13);
      assertArrayEquals(
          SmallSaes.reconstruction(source, row(encoding.features(), r)),
          row(reconstruction, r),
          1e-13);
    }
  }

  @Property(tries = 30)
  void aRowDoesNotDependOnTheOthers(@ForAll long seed) {
    Random random = new Random(seed);
    JumpReluSae sae = sae(random(random, 7, 15, 5));
    DoubleTensor a = activations(random, 6, 7);
    Tensor together = sae.encode(a).features();
    for (int r = 0; r < 6; r++) {
      Tensor alone = sae.encode(a.rows(r, r + 1)).features();
      assertArrayEquals(row(together, r), alone.toDoubles());
      assertArrayEquals(row(sae.decode(together), r), sae.decode(alone).toDoubles());
    }
  }

  @Property(tries = 50)
  void rescalingTheDecoderScalesFeaturesAndKeepsReconstructions(@ForAll long seed) {
    Random random = new Random(seed);
    JumpReluSae sae = sae(random(random, 6, 12, 4));
    double[] factors = new double[12];
    for (int k = 0; k < 12; k++) {
      factors[k] = Math.scalb(1.0, random.nextInt(21) - 10); // powers of two: exact
    }
    JumpReluSae scaled = new JumpReluSae(FLOAT64, sae.weights().rescaled(FLOAT64, factors));
    DoubleTensor a = activations(random, 5, 6);
    Tensor features = sae.encode(a).features();
    double[] expected = features.toDoubles();
    for (int i = 0; i < expected.length; i++) {
      expected[i] *= factors[i % 12];
    }
    Tensor scaledFeatures = scaled.encode(a).features();
    assertArrayEquals(expected, scaledFeatures.toDoubles());
    assertArrayEquals(sae.decode(features).toDoubles(), scaled.decode(scaledFeatures).toDoubles());
  }

  @Test
  void decoderRowsCanBeMadeUnitVectors() {
    JumpReluSae sae = sae(random(new Random(4), 6, 12, 4));
    Tensor rows = sae.directions(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    double[] norms = new double[12];
    for (int i = 0; i < rows.size(); i++) {
      norms[i / 4] = Math.hypot(norms[i / 4], rows.get(i));
    }
    SaeWeights unit = sae.weights().rescaled(FLOAT64, norms);
    Tensor row = new JumpReluSae(FLOAT64, unit).directions(7);
    double norm = 0;
    for (int i = 0; i < 4; i++) {
      norm = Math.hypot(norm, row.get(i));
    }
    assertEquals(1, norm, 1e-15);
  }

  @Test
  void refusesFactorsThatWouldTurnOrKillAFeature() {
    SaeWeights weights = sae(byHand()).weights();
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> weights.rescaled(FLOAT64, new double[] {1, bad, 1}));
    }
    assertThrows(
        IllegalArgumentException.class, () -> weights.rescaled(FLOAT64, new double[] {1, 1}));
  }
}
