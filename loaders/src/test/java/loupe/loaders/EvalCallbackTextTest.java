package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import loupe.reference.MalformedFileException;
import loupe.reference.PartialTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvalCallbackTextTest {
  /** As {@code common/debug.cpp} prints it: 8 columns of which 6 are shown, 2 rows. */
  private static final String ROPE =
      """
      llama_context: n_ctx = 64
      common_debug_cb_eval:      Qcur-0 = (f32)       ROPE(CUDA0#Qcur-0 (reshaped)#0{8, 2, 1, 1}, inp_pos{1, 1, 1, 1}}) = {8, 2, 1, 1}
          [
              [
                  [     -0.3543,      -0.0403,       1.0000,    ...,       0.1190,       0.5116,       0.4148  ],
                  [      2.0000,         -inf,          nan,    ...,       3.0000,       4.0000,       5.0000  ],
              ],
          ]
          sum = 12.5
      """;

  /** As versions of 2024 printed it: the first elements alone. */
  private static final String OLD =
      """
      ggml_debug:                 inp_embd = (f32)   GET_ROWS(token_embd.weight{2560, 51200, 1, 1}, inp_tokens{1, 1, 1, 1}}) = {2560, 1, 1, 1}
                                           [
                                            [
                                             [ -0.0181,   0.0272,   0.0272, ...],
                                            ],
                                           ]
      """;

  private static PartialTensor only(String text) {
    EvalCallbackText file = EvalCallbackText.parse(text, "log");
    assertEquals(1, file.names().size());
    return (PartialTensor) file.tensor(file.names().iterator().next());
  }

  private static double value(PartialTensor tensor, long element) {
    double[] value = new double[1];
    tensor.read(element, value, 0, 1);
    return value[0];
  }

  @Test
  void nameOperationAndSourcesMakeTheName() {
    assertEquals(
        Set.of("Qcur-0#ROPE(Qcur-0 (reshaped),inp_pos)"),
        EvalCallbackText.parse(ROPE, "log").names());
  }

  @Test
  void axesAreReversedAndTheEndsAreInTheirPlaces() {
    PartialTensor tensor = only(ROPE);
    assertArrayEquals(new long[] {1, 1, 2, 8}, tensor.shape());
    assertEquals(-0.3543, value(tensor, 0));
    assertEquals(1.0, value(tensor, 2));
    assertFalse(tensor.isShown(3));
    assertFalse(tensor.isShown(4));
    assertEquals(0.1190, value(tensor, 5));
    assertEquals(5.0, value(tensor, 15));
  }

  @Test
  void whatIsShownIsKnownToHalfOfItsLastDigit() {
    PartialTensor tensor = only(ROPE);
    assertEquals(0.5e-4, tensor.slack(0), 1e-12);
    assertEquals(Double.NEGATIVE_INFINITY, value(tensor, 9));
    assertTrue(Double.isNaN(value(tensor, 10)) && tensor.isShown(10));
    assertEquals(0, tensor.slack(10));
  }

  @Test
  void olderVersionsShowTheFirstElementsAlone() {
    PartialTensor tensor = only(OLD);
    assertEquals(0.0272, value(tensor, 2));
    assertFalse(tensor.isShown(2559));
  }

  @Test
  void theFirstPassIsTheOneThatIsMeant() {
    PartialTensor tensor = only(ROPE + ROPE.replace("-0.3543", "-9.0000"));
    assertEquals(-0.3543, value(tensor, 0));
  }

  @Test
  void aLastTensorThatIsCutOffIsLeftOut() {
    String cut = OLD.substring(0, OLD.lastIndexOf("...]"));
    assertEquals(
        Set.of("Qcur-0#ROPE(Qcur-0 (reshaped),inp_pos)"),
        EvalCallbackText.parse(ROPE + cut, "log").names());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "no tensor here\n", "x: a = (f32) ADD(b{1, 1, 1, 1}, }) = {1, 1, 1, 1}\n"})
  void aTextWithoutTensorsIsRefused(String text) {
    assertThrows(MalformedFileException.class, () -> EvalCallbackText.parse(text, "log"));
  }

  @Test
  void printThatContradictsItsShapeIsRefused() {
    assertRefused(ROPE.replace("= {8, 2, 1, 1}", "= {8, 3, 1, 1}"), "axis");
    assertRefused(ROPE.replace("= {8, 2, 1, 1}", "= {4, 2, 1, 1}"), "axis");
    assertRefused(ROPE.replace("0.1190", "0.1x90"), "no number");
    assertRefused(ROPE.replace("= {8, 2, 1, 1}", "= {9999999999, 9999999999, 1, 1}"), "elements");
  }

  private static void assertRefused(String text, String word) {
    MalformedFileException e =
        assertThrows(MalformedFileException.class, () -> EvalCallbackText.parse(text, "log"));
    assertTrue(e.getMessage().contains(word), e::toString);
    assertTrue(e.getMessage().startsWith("log"), e::toString);
  }
}
