package loupe.sae;

import static loupe.sae.SmallSaes.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import org.junit.jupiter.api.Test;

class SaeWeightsTest {
  private static SmallSaes.Source source() {
    return SmallSaes.random(new Random(3), 4, 6, 5);
  }

  private static void refused(SmallSaes.Source source, String... parts) {
    InputException e = assertThrows(InputException.class, () -> SaeWeights.load(source, FLOAT64));
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no '" + part + "' in: " + e.getMessage());
    }
    assertTrue(e.getMessage().startsWith("params.npz: "), e.getMessage());
    assertEquals(-1, e.getMessage().indexOf('\n'));
  }

  @Test
  void readsWidthsOffTheMatrices() {
    SaeWeights weights = SaeWeights.load(source(), FLOAT64);
    assertEquals(4, weights.dIn());
    assertEquals(6, weights.dSae());
    assertEquals(5, weights.dOut());
  }

  @Test
  void refusesAMissingTensorAndListsWhatIsThere() {
    SmallSaes.Source source = source();
    source.tensors.remove("b_dec");
    refused(source, "no tensor b_dec", "W_enc, W_dec, b_enc, threshold");
    refused(new SmallSaes.Source(), "holds nothing");
  }

  @Test
  void refusesAnSaeWithoutThresholds() {
    SmallSaes.Source source = source();
    source.tensors.remove("threshold");
    refused(source, "threshold", "no JumpReLU");
  }

  @Test
  void refusesShapesThatDoNotFitAndPrintsBoth() {
    refused(source().put("b_enc", new double[7], 7), "W_enc [4, 6]", "b_enc [7]");
    refused(source().put("threshold", new double[5], 5), "W_enc [4, 6]", "threshold [5]");
    refused(source().put("b_dec", new double[4], 4), "W_dec [6, 5]", "b_dec [4]");
    refused(source().put("W_dec", new double[35], 7, 5), "W_enc [4, 6]", "W_dec [7, 5]");
  }

  @Test
  void saysWhenAMatrixLooksTransposed() {
    refused(source().put("W_enc", new double[24], 6, 4), "W_enc [6, 4]", "transposed");
    refused(source().put("W_dec", new double[30], 5, 6), "W_dec [5, 6]", "transposed");
  }

  @Test
  void refusesAnotherNumberOfAxes() {
    refused(source().put("threshold", new double[6], 1, 6), "threshold", "2 axes, not 1");
    refused(source().put("W_enc", new double[24], 24), "W_enc", "1 axes, not 2");
  }

  @Test
  void refusesEmptyAxes() {
    SmallSaes.Source source = source().put("W_enc", new double[0], 4, 0);
    refused(source, "W_enc", "[4, 0]");
  }

  @Test
  void refusesNumbersThatAreNotFinite() {
    for (String name : new String[] {"b_enc", "b_dec", "threshold"}) {
      SmallSaes.Source source = source();
      double[] values = source.values(name);
      values[3] = Double.NaN;
      refused(source.put(name, values, values.length), name, "element 3 is NaN");
      values[3] = Double.POSITIVE_INFINITY;
      refused(source.put(name, values, values.length), name, "element 3 is Infinity");
    }
  }

  @Test
  void refusesANegativeThresholdButTakesZero() {
    SmallSaes.Source source = source().put("threshold", new double[] {0, -0.0, 1, 1, 1, 1}, 6);
    assertEquals(6, SaeWeights.load(source, FLOAT64).dSae());
    source.put("threshold", new double[] {0, 1, 1, 1, -0.25, 1}, 6);
    refused(source, "threshold", "element 4 is -0.25");
  }

  @Test
  void refusesGemmaScope2ByName() {
    SmallSaes.Source source = source();
    source.tensors.put("w_enc", source.tensors.remove("W_enc"));
    refused(source, "Gemma Scope 2");
    refused(source().put("affine_skip_connection", new double[20], 4, 5), "Gemma Scope 2");
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    refused(source().put("W_skip", new double[20], 4, 5), "skip connection");
    refused(source().put("b_mag", new double[6], 6), "b_mag");
  }

  @Test
  void takesScalingFactorsOfOneAndNoOthers() {
    SmallSaes.Source source = source().put("scaling_factor", new double[] {1, 1, 1, 1, 1, 1}, 6);
    assertEquals(6, SaeWeights.load(source, FLOAT64).dSae());
    refused(
        source().put("scaling_factor", new double[] {1, 1, 2, 1, 1, 1}, 6),
        "scaling_factor",
        "element 2 is 2.0");
  }

  @Test
  void refusesElementsThatAreNoNumbersOfAWeight() {
    SmallSaes.Source source = source();
    StoredTensor floats = source.tensor("W_dec");
    source.tensors.put(
        "W_dec",
        new StoredTensor() {
          @Override
          public String name() {
            return "W_dec";
          }

          @Override
          public String origin() {
            return "W_dec";
          }

          @Override
          public DType dtype() {
            return DType.I32;
          }

          @Override
          public long[] shape() {
            return floats.shape();
          }

          @Override
          public void read(long elementOffset, double[] target, int targetOffset, int count) {
            floats.read(elementOffset, target, targetOffset, count);
          }

          @Override
          public void read(long elementOffset, float[] target, int targetOffset, int count) {
            floats.read(elementOffset, target, targetOffset, count);
          }

          @Override
          public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
            throw new IllegalStateException();
          }
        });
    refused(source, "W_dec", "I32");
  }
}
