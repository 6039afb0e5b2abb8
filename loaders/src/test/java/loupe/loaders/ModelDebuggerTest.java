package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.PartialTensor;
import loupe.reference.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelDebuggerTest {
  @TempDir private Path folder;

  private ModelDebugger read(String json) throws IOException {
    Path file = folder.resolve("tree.json");
    Files.writeString(file, json);
    return ModelDebugger.open(file);
  }

  private static String tensor(String shape, String value) {
    return "{\"shape\": \"torch.Size("
        + shape
        + ")\", \"dtype\": \"torch.bfloat16\", \"value\": "
        + value
        + "}";
  }

  private static String node(String inputs, String outputs) {
    return "{\"module_path\": \"M.lm_head\", \"inputs\": "
        + inputs
        + ", \"outputs\": "
        + outputs
        + "}";
  }

  @Test
  void printedTensorsKeepTheirGapsAndDigits() throws IOException {
    String value =
        "[\"tensor([[-1.2500e+00,  3.0000e-02,  ...,  5.0000e+00]],\", \"       dtype=torch.bfloat16)\"]";
    ModelDebugger tree = read(node("null", tensor("[1, 9]", value)));
    PartialTensor tensor = (PartialTensor) tree.tensor("M.lm_head.output");
    assertArrayEquals(new long[] {1, 9}, tensor.shape());
    double[] values = new double[9];
    tensor.read(0, values, 0, 9);
    assertEquals(-1.25, values[0]);
    assertEquals(5, values[8]);
    assertFalse(tensor.isShown(4));
    assertEquals(0.5e-6, tensor.slack(1), 1e-12);
  }

  @Test
  void inputsAreNamedByTheirPlaceOrName() throws IOException {
    String one = tensor("[1]", "[\"tensor([1.0000e+00])\"]");
    ModelDebugger tree =
        read(
            node(
                "{\"args\": ["
                    + one
                    + "], \"kwargs\": {\"hidden_states\": "
                    + one
                    + ", \"attention_mask\": "
                    + one
                    + "}}",
                "[" + one + ", \"None\"]"));
    assertEquals(
        List.of("M.lm_head.input", "M.lm_head.input.attention_mask", "M.lm_head.output.0"),
        List.copyOf(tree.names()));
  }

  @Test
  void tensorsInFilesBesideItAreOpened() throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            folder.resolve("a.safetensors"),
            List.of(new SafetensorsWriter.Entry("data", DType.F32, 2)),
            Map.of())) {
      writer.write("data", 0, new float[] {3, 4}, 0, 2);
      writer.commit();
    }
    ModelDebugger tree = read(node("null", tensor("[2]", "\"./a.safetensors\"")));
    StoredTensor stored = tree.tensor("M.lm_head.output");
    double[] values = new double[2];
    stored.read(0, values, 0, 2);
    assertArrayEquals(new double[] {3, 4}, values);
  }

  @Test
  void filesElsewhereAndBrokenTreesAreRefused() {
    for (String path : List.of("../a.safetensors", "/etc/passwd", "./..", "a/b.safetensors", "")) {
      InputException e =
          assertThrows(
              InputException.class, () -> read(node("null", tensor("[2]", "\"" + path + "\""))));
      assertTrue(e.getMessage().contains("tree.json"), e::toString);
    }
    assertThrows(InputException.class, () -> read("{}"));
    assertThrows(InputException.class, () -> read("[1]"));
    assertThrows(
        InputException.class, () -> read(node("null", tensor("[2]", "[\"tensor([1.0])\"]"))));
    assertThrows(InputException.class, () -> read(node("null", tensor("[1]", "[\"nothing\"]"))));
  }
}
