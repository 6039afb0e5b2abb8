package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.OptionalInt;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ModelOptionsTest {
  private static ModelOptions parsed(String... args) {
    ModelOptions options = new ModelOptions();
    new CommandLine(options).parseArgs(args);
    return options;
  }

  @Test
  void hasDefaultsThatNeedNoDownload() {
    ModelOptions options = parsed();
    assertEquals("tiny", options.model());
    assertEquals("float32", options.numbers().name());
    assertEquals(null, options.tokenizer());
    assertEquals(OptionalInt.empty(), options.chunk());
    assertEquals(Runtime.getRuntime().availableProcessors(), options.numbers().threads());
  }

  @Test
  void takesWhatIsSaid() {
    ModelOptions options =
        parsed("--model", "a b", "--tokenizer=t.json", "--threads", "7", "--chunk", "3");
    assertEquals("a b", options.model());
    assertEquals(Path.of("t.json"), options.tokenizer());
    assertEquals(7, options.numbers().threads());
    assertEquals(OptionalInt.of(3), options.chunk());
  }

  @Test
  void knowsTheShortNamesOfArithmetics() {
    assertEquals("float32", parsed("--arithmetic", "f32").numbers().name());
    assertEquals("float64", parsed("--arithmetic", "f64").numbers().name());
    assertEquals("float64", parsed("--arithmetic", "float64").numbers().name());
    assertEquals("bf16-hf", parsed("--arithmetic", "BF16-hf").numbers().name());
  }

  @Test
  void listsTheArithmeticsWhereOneIsUnknown() {
    ArithmeticOptions options = parsed("--arithmetic", "int8").numbers();
    String message = assertThrows(InputException.class, options::name).getMessage();
    assertTrue(message.contains("int8") && message.contains("float32, float64"), message);
  }

  @Test
  void refusesCountsBelowOne() {
    assertThrows(InputException.class, parsed("--threads", "0").numbers()::threads);
    assertThrows(InputException.class, parsed("--chunk=-4")::chunk);
  }
}
