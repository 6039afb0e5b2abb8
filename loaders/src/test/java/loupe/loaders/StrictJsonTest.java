package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StrictJsonTest {
  @TempDir Path folder;

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments("", "$ (line 1 column 1): ends too early"),
        arguments(" \n ", "$ (line 2 column 2): ends too early"),
        arguments("\ufeff{}", "$ (line 1 column 1): begins with a byte order mark"),
        arguments("NaN", "$"),
        arguments("-Infinity", "$"),
        arguments("nan", "$"),
        arguments("nul", "$"),
        arguments("nulll", "$"),
        arguments("True", "$"),
        arguments("TRUE", "$"),
        arguments("undefined", "$"),
        arguments("01", "$"),
        arguments("-01", "$"),
        arguments("-", "$"),
        arguments("+1", "$"),
        arguments(".5", "$"),
        arguments("5.", "$"),
        arguments("1.e3", "$"),
        arguments("1e", "$"),
        arguments("1e+", "$"),
        arguments("0x10", "$"),
        arguments("1_000", "$"),
        arguments("1L", "$"),
        arguments("1e400", "the number 1e400 is beyond float64"),
        arguments("-1e400", "beyond float64"),
        arguments("'a'", "$"),
        arguments("\"a", "Unterminated string"),
        arguments("\"\\'\"", "Invalid escaped character"),
        arguments("\"\\a\"", "Invalid escape sequence"),
        arguments("\"\\u12g4\"", "$"),
        arguments("\"\\u12\"", "$"),
        arguments("\"\\u\n123\"", "Malformed Unicode escape \\u\\u000a123"),
        arguments("\"\t\"", "control characters"),
        arguments("\"\0\"", "control characters"),
        arguments("\"\\\n\"", "$"),
        arguments("\"\\ud800\"", "half of a surrogate pair"),
        arguments("\"\\udc00\\ud800\"", "half of a surrogate pair"),
        arguments("\"\\ud800x\"", "half of a surrogate pair"),
        arguments("{\"\\udfff\":1}", "half of a surrogate pair"),
        arguments("[1,]", "$[1]"),
        arguments("[,1]", "$[0]"),
        arguments("[1 2]", "Unterminated array"),
        arguments("[1;2]", "$[0]"),
        arguments("[", "$[0]"),
        arguments("[1", "ends too early"),
        arguments("]", "$"),
        arguments("}", "$"),
        arguments("[}", "$[0]"),
        arguments("{]", "$"),
        arguments("{\"a\":1,}", "$.a"),
        arguments("{\"a\" 1}", "$.a"),
        arguments("{\"a\"=>1}", "$.a"),
        arguments("{\"a\"}", "$.a"),
        arguments("{\"a\":}", "$.a"),
        arguments("{a:1}", "$"),
        arguments("{1:1}", "$"),
        arguments("{null:1}", "$"),
        arguments("{\"a\":1 \"b\":2}", "$.a"),
        arguments("{\"a\":1,\"a\":2}", "the key a is there twice"),
        arguments("{\"x\":[{\"a\":1,\"b\":1,\"a\":1}]}", "$.x[0].a (line 1 column 23): the key a"),
        arguments("1 2", "$"),
        arguments("{} {}", "$"),
        arguments("{}x", "$"),
        arguments("{},", "$"),
        arguments("// a\n{}", "$"),
        arguments("/* a */{}", "$"),
        arguments("# a\n{}", "$"),
        arguments("{}/", "$"),
        arguments(")]}'\n{}", "$"),
        arguments("\u00a0{}", "$"),
        arguments("\f{}", "$"),
        arguments("[".repeat(65) + "]".repeat(65), "Nesting limit 64"),
        arguments("[".repeat(1_000_000), "Nesting limit 64"),
        arguments("9".repeat(2000), "$"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("refused")
  void refuses(String text, String message) {
    Throwable e = TestFiles.failure(() -> StrictJson.parse(text, "f.json"));
    assertEquals(MalformedFileException.class, e.getClass(), text);
    assertTrue(e.getMessage().startsWith("f.json: $"), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().length() < 250 && !e.getMessage().contains("\n"), e.getMessage());
    assertTrue(
        !e.getMessage().contains("http") && !e.getMessage().contains("Json"), e.getMessage());
  }

  static Stream<Arguments> accepted() {
    List<Object> nested = new ArrayList<>();
    for (int i = 1; i < 64; i++) {
      nested = new ArrayList<>(List.of(nested));
    }
    return Stream.of(
        arguments("null", null),
        arguments(" \t\r\ntrue\n", true),
        arguments("0", 0L),
        arguments("-0", -0.0),
        arguments("0.0", 0.0),
        arguments("9007199254740993", 9007199254740993L),
        arguments("9223372036854775807", Long.MAX_VALUE),
        arguments("-9223372036854775808", Long.MIN_VALUE),
        arguments("9223372036854775808", new BigInteger("9223372036854775808")),
        arguments("1e2", 100.0),
        arguments("1E-400", 0.0),
        arguments("0.1", 0.1),
        arguments("1.7976931348623157e308", Double.MAX_VALUE),
        arguments("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\/\b\f\n\r\t\u00e9"),
        arguments(
            "\"\\ud83d\\ude00\ud83d\ude00\u2028\u007f\"", "\ud83d\ude00\ud83d\ude00\u2028\u007f"),
        arguments("[1,[],{}]", List.of(1L, List.of(), Map.of())),
        arguments("{\"\":{\"a\":null}}", Map.of("", java.util.Collections.singletonMap("a", null))),
        arguments("[".repeat(64) + "]".repeat(64), nested));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("accepted")
  void accepts(String text, Object value) {
    assertEquals(value, StrictJson.parse(text, "f"));
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(value, StrictJson.read(TestFiles.write(folder.resolve("f"), bytes)));
  }

  @Test
  void keepsTheOrderOfKeys() {
    JsonObject object =
        StrictJson.readObject(new ByteArrayInputStream("{\"z\":1,\"a\":2}".getBytes()), "f");
    assertEquals(List.of("z", "a"), List.copyOf(object.fields().keySet()));
  }

  @Test
  void saysWhereInALongFile() {
    String text = "{\n  \"a\": [1,\n    2,\n    oops]\n}";
    Throwable e = TestFiles.failure(() -> StrictJson.parse(text, "config.json"));
    assertEquals("config.json: $.a[2] (line 4 column 5): not valid JSON", e.getMessage());
  }

  @Test
  void refusesBytesThatAreNoUtf8() {
    for (int[] bad : new int[][] {{0xff}, {0xc3}, {0xc0, 0x80}, {0xed, 0xa0, 0x80}, {0xf5, 0, 0}}) {
      byte[] text = new byte[bad.length + 2];
      text[0] = '"';
      text[text.length - 1] = '"';
      for (int i = 0; i < bad.length; i++) {
        text[i + 1] = (byte) bad[i];
      }
      Path file = TestFiles.write(folder.resolve("f.json"), text);
      Throwable e = TestFiles.failure(() -> StrictJson.read(file));
      assertTrue(e.getMessage().contains("not valid UTF-8"), Arrays.toString(bad) + e.getMessage());
    }
  }

  @Test
  void refusesSomethingElseThanAnObject() {
    Path file = TestFiles.write(folder.resolve("f.json"), "[1]".getBytes());
    Throwable e = TestFiles.failure(() -> StrictJson.readObject(file));
    assertEquals(file + ": $: an object is needed here, not an array", e.getMessage());
  }

  @Test
  void refusesWhatIsNoFile() {
    assertEquals(
        folder + ": is a folder, not a file",
        TestFiles.failure(() -> StrictJson.read(folder)).getMessage());
    Throwable e = TestFiles.failure(() -> StrictJson.read(folder.resolve("none.json")));
    assertEquals(InputException.class, e.getClass());
    assertTrue(e.getMessage().endsWith("none.json: no such file"), e.getMessage());
  }

  @Test
  void readsNullAsNull() {
    assertNull(StrictJson.parse("null", "f"));
  }
}
