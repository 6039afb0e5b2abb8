package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import loupe.reference.MalformedFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonObjectTest {
  private static final JsonObject OBJECT =
      read(
          """
          {"int": 7, "wide": 5000000000, "huge": 18446744073709551616, "fraction": 0.5,
           "text": "t", "yes": true, "nothing": null, "strings": ["a", "b"], "mixed": ["a", 1],
           "longs": [1, -2], "object": {"deep": {"x": []}},
           "objects": [{"a": 1}, {}], "no objects": [{}, 1]}
          """);

  private static JsonObject read(String text) {
    return StrictJson.readObject(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "config.json");
  }

  @Test
  void givesValuesOfTheTypeAskedFor() {
    assertEquals(7, OBJECT.integer("int"));
    assertEquals(5_000_000_000L, OBJECT.longInteger("wide"));
    assertEquals(0.5, OBJECT.number("fraction"));
    assertEquals(7.0, OBJECT.number("int"));
    assertEquals(0x1p64, OBJECT.number("huge"));
    assertEquals("t", OBJECT.string("text"));
    assertTrue(OBJECT.bool("yes"));
    assertEquals(List.of("a", "b"), OBJECT.strings("strings"));
    assertArrayEquals(new long[] {1, -2}, OBJECT.longs("longs"));
    assertEquals(List.of(), OBJECT.object("object").object("deep").list("x"));
    assertEquals("$.object.deep", OBJECT.object("object").object("deep").path());
  }

  @Test
  void givesObjectsOfAnArrayThatKnowTheirPlace() {
    List<JsonObject> objects = OBJECT.objects("objects");
    assertEquals(1, objects.get(0).integer("a"));
    assertEquals("config.json: $.objects[1]: empty", objects.get(1).failure("empty").getMessage());
    objects.get(0).allowOnly("b", "a");
  }

  @Test
  void givesNothingForWhatIsMissingOrNull() {
    for (String key : List.of("nothing", "missing")) {
      assertFalse(OBJECT.has(key));
      assertEquals(Optional.empty(), OBJECT.optionalInteger(key));
      assertEquals(Optional.empty(), OBJECT.optionalNumber(key));
      assertEquals(Optional.empty(), OBJECT.optionalString(key));
      assertEquals(Optional.empty(), OBJECT.optionalBool(key));
      assertEquals(Optional.empty(), OBJECT.optionalObject(key));
    }
    assertEquals(Optional.of(7), OBJECT.optionalInteger("int"));
    assertEquals(Optional.of(0.5), OBJECT.optionalNumber("fraction"));
    assertEquals(Optional.of("t"), OBJECT.optionalString("text"));
    assertEquals(Optional.of(true), OBJECT.optionalBool("yes"));
    assertEquals("$.object", OBJECT.optionalObject("object").orElseThrow().path());
  }

  private static Arguments wrong(Function<JsonObject, Object> read, String message) {
    return arguments(read, "config.json: " + message);
  }

  private static Object allowed(JsonObject object) {
    object.allowOnly("a", "b");
    return object;
  }

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        wrong(o -> o.integer("missing"), "$.missing: missing; it must be an integer"),
        wrong(o -> o.integer("nothing"), "$.nothing: must be an integer, not null"),
        wrong(o -> o.integer("text"), "$.text: must be an integer, not the string \"t\""),
        wrong(o -> o.integer("fraction"), "$.fraction: must be an integer, not 0.5"),
        wrong(o -> o.integer("wide"), "$.wide: the integer 5000000000 is too large"),
        wrong(o -> o.longInteger("huge"), "$.huge: the integer is too large"),
        wrong(o -> o.optionalInteger("yes"), "$.yes: must be an integer, not true"),
        wrong(o -> o.number("text"), "$.text: must be a number, not the string \"t\""),
        wrong(o -> o.number("missing"), "$.missing: missing; it must be a number"),
        wrong(o -> o.string("int"), "$.int: must be a string, not 7"),
        wrong(o -> o.bool("int"), "$.int: must be true or false, not 7"),
        wrong(o -> o.list("object"), "$.object: must be an array, not an object"),
        wrong(o -> o.strings("mixed"), "$.mixed[1]: must be a string, not 1"),
        wrong(o -> o.longs("strings"), "$.strings[0]: must be an integer, not the string \"a\""),
        wrong(o -> o.object("longs"), "$.longs: must be an object, not an array"),
        wrong(
            o -> o.object("object").object("deep").object("x"),
            "$.object.deep.x: must be an object, not an array"),
        wrong(o -> o.objects("no objects"), "$.no objects[1]: must be an object, not 1"),
        wrong(o -> allowed(o.object("object")), "$.object.deep: unknown key; there can be a, b"),
        wrong(
            o -> o.object("object").integer("a\nb"),
            "$.object.a\\u000ab: missing; it must be an integer"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("wrongValues")
  void saysWhatIsWrongAndWhere(Function<JsonObject, Object> read, String message) {
    Throwable e = TestFiles.failure(() -> read.apply(OBJECT));
    assertEquals(MalformedFileException.class, e.getClass());
    assertEquals(message, e.getMessage());
  }
}
