package loupe.loaders;

import static loupe.loaders.TestFiles.safetensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsMalformedTest {
  private static final String A = "{'dtype':'F32','shape':[2],'data_offsets':[0,8]}";

  private static Arguments header(String name, String header, int dataBytes, String message) {
    return arguments(name, safetensors(header.replace('\'', '"'), dataBytes), message);
  }

  private static Arguments tensor(String name, String info, int dataBytes, String message) {
    return header(name, "{'a':" + info + "}", dataBytes, message);
  }

  static Stream<Arguments> frames() {
    byte[] text = "{}".getBytes(StandardCharsets.UTF_8);
    return Stream.of(
        arguments("empty file", new byte[0], "byte 0: too short"),
        arguments("seven bytes", new byte[7], "byte 0: too short"),
        arguments("no header", new byte[8], "byte 8: not a safetensors file"),
        arguments("one byte of header", safetensors(1, text, 0), "byte 8: not a safetensors file"),
        arguments("length 2^64-1", safetensors(-1, text, 0), "18446744073709551615 bytes"),
        arguments("length 2^63", safetensors(Long.MIN_VALUE, text, 0), "9223372036854775808 bytes"),
        arguments("length 2^63-1", safetensors(Long.MAX_VALUE, text, 0), "9223372036854775807"),
        arguments("length above the limit", safetensors(100_000_001, text, 0), "100000001 bytes"),
        arguments("length beyond the file", safetensors(3, text, 0), "ends after 2; it is cut"),
        arguments("cut short in the header", safetensors(90_000_000, text, 9), "it is cut short"),
        arguments(
            "a pickle", safetensors(2, new byte[] {(byte) 0x80, 2}, 0), "should begin with {"),
        header("white space first", " {}", 0, "byte 8: not a safetensors file"),
        header("an array", "[{}]", 0, "byte 8: not a safetensors file"),
        arguments(
            "a byte order mark", safetensors("\ufeff{}", 0), "byte 8: not a safetensors file"),
        arguments(
            "not UTF-8",
            safetensors(5, new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 0),
            "not valid UTF-8"),
        arguments(
            "overlong UTF-8",
            safetensors(6, new byte[] {'{', '"', (byte) 0xc0, (byte) 0xaf, '"', '}'}, 0),
            "not valid UTF-8"),
        header("bytes of no tensor", "{}", 1, "byte 10: 1 bytes that belong to no tensor"));
  }

  static Stream<Arguments> texts() {
    return Stream.of(
        header("open object", "{", 0, "should begin with {"),
        header("end inside a string", "{'a", 0, "Unterminated string"),
        header("end after a name", "{'a'", 0, "$.a"),
        header("text after it", "{}{}", 0, "not valid JSON"),
        header("a word after it", "{} x", 0, "not valid JSON"),
        header("a zero byte after it", "{}\0", 0, "not valid JSON"),
        header("a comment", "{/**/}", 0, "not valid JSON"),
        header("a line comment", "{}//", 0, "not valid JSON"),
        header("a hash comment", "{}#", 0, "not valid JSON"),
        header("a trailing comma", "{'a':" + A + ",}", 8, "Expected name"),
        header("a bare name", "{a:" + A + "}", 8, "not valid JSON"),
        header("equals sign", "{'a'=" + A + "}", 8, "not valid JSON"),
        header("a semicolon", "{'a':" + A + ";'b':" + A + "}", 8, "not valid JSON"),
        arguments(
            "single quotes", safetensors("{'a':" + A + "}", 8), "$ (line 1 column 3): not valid"),
        header(
            "the same name twice", "{'a':" + A + ",'a':" + A + "}", 8, "the key a is there twice"),
        header(
            "the same name, once escaped",
            "{'a':" + A + ",'\\u0061':" + A + "}",
            8,
            "the key a is there twice"),
        header("metadata twice", "{'__metadata__':{},'__metadata__':{}}", 0, "there twice"),
        header(
            "a key of metadata twice", "{'__metadata__':{'k':'','k':''}}", 0, "$.__metadata__.k"),
        header("half a surrogate pair", "{'\\ud800':" + A + "}", 8, "half of a surrogate pair"),
        header("an unknown escape", "{'\\x61':" + A + "}", 8, "Invalid escape sequence"),
        header("a cut escape", "{'\\u00", 0, "$"),
        header("a raw control character", "{'\n':" + A + "}", 8, "control characters"),
        header("deep nesting", "{'a':" + "[".repeat(5000) + "]".repeat(5000) + "}", 0, "limit 64"),
        header("deep objects", "{'a':".repeat(5000) + "0" + "}".repeat(5000), 0, "limit 64"));
  }

  static Stream<Arguments> fields() {
    return Stream.of(
        header("metadata no object", "{'__metadata__':[]}", 0, "must be an object, not an array"),
        header("metadata null", "{'__metadata__':null}", 0, "must be an object, not null"),
        header("metadata of a number", "{'__metadata__':{'k':1}}", 0, "$.__metadata__.k: must be"),
        header(
            "metadata nested", "{'__metadata__':{'k':{}}}", 0, "must be a string, not an object"),
        tensor("null", "null", 0, "$.a: must be an object, not null"),
        tensor("a number", "7", 0, "$.a: must be an object, not 7"),
        tensor("an array", "[]", 0, "$.a: must be an object, not an array"),
        tensor("nothing in it", "{}", 0, "$.a.dtype: missing"),
        tensor("no dtype", "{'shape':[],'data_offsets':[0,4]}", 4, "$.a.dtype: missing"),
        tensor("no shape", "{'dtype':'F32','data_offsets':[0,4]}", 4, "$.a.shape: missing"),
        tensor("no offsets", "{'dtype':'F32','shape':[]}", 4, "$.a.data_offsets: missing"),
        tensor(
            "another key",
            "{'dtype':'F32','shape':[2],'data_offsets':[0,8],'strides':[4]}",
            8,
            "$.a.strides: unknown key"),
        tensor(
            "unknown dtype",
            "{'dtype':'F31','shape':[2],'data_offsets':[0,8]}",
            8,
            "$.a.dtype: unknown element type F31"),
        tensor(
            "dtype in lower case",
            "{'dtype':'f32','shape':[2],'data_offsets':[0,8]}",
            8,
            "unknown element type f32"),
        tensor(
            "dtype a number",
            "{'dtype':32,'shape':[2],'data_offsets':[0,8]}",
            8,
            "must be a string, not 32"),
        tensor(
            "a dtype that breaks lines",
            "{'dtype':'F\\n\\u20282','shape':[2],'data_offsets':[0,8]}",
            8,
            "unknown element type F\\u000a\\u20282"));
  }

  static Stream<Arguments> shapes() {
    return Stream.of(
        shape("a number", "2", "$.a.shape: must be an array, not 2"),
        shape("a string", "'2'", "must be an array"),
        shape("a string in it", "['2']", "$.a.shape[0]: must be an integer, not the string \"2\""),
        shape("null in it", "[null]", "$.a.shape[0]: must be an integer, not null"),
        shape("nested", "[[2]]", "must be an integer, not an array"),
        shape("true", "[true]", "must be an integer, not true"),
        shape("a fraction", "[2.5]", "must be an integer, not 2.5"),
        shape("an exponent", "[2e0]", "must be an integer, not 2.0"),
        shape("a negative axis", "[-2]", "$.a.shape: negative axis -2"),
        shape("two negative axes", "[-1,-2]", "negative axis -1"),
        shape("minus zero", "[-0]", "must be an integer"),
        shape("leading zero", "[02]", "not valid JSON"),
        shape("NaN", "[NaN]", "not valid JSON"),
        shape("infinity", "[Infinity]", "not valid JSON"),
        shape("hexadecimal", "[0x2]", "not valid JSON"),
        shape("plus sign", "[+2]", "not valid JSON"),
        shape("trailing comma", "[2,]", "not valid JSON"),
        shape("beyond 64 bits", "[18446744073709551618]", "the integer is too large"),
        shape("a number beyond float64", "[1e999]", "beyond float64"),
        shape("thousands of digits", "[" + "9".repeat(5000) + "]", "not valid JSON"),
        shape("product overflows", "[4294967296,4294967296,2]", "product of the axes is beyond"),
        shape("product overflows to 2", "[9223372036854775807,2,9223372036854775807]", "beyond"),
        shape("product overflows before a zero", "[4294967296,4294967296,4294967296,0]", "beyond"),
        shape("bits overflow", "[2305843009213693952]", "beyond 2^63"),
        shape("too large for the offsets", "[3]", "8 bytes, but shape and dtype need 12"),
        shape("too small for the offsets", "[1]", "8 bytes, but shape and dtype need 4"),
        shape("empty for the offsets", "[0]", "8 bytes, but shape and dtype need 0"),
        tensor(
            "nibbles that fill no bytes",
            "{'dtype':'F4','shape':[3],'data_offsets':[0,2]}",
            2,
            "12 bits do not fill whole bytes"),
        tensor(
            "six bits that fill no bytes",
            "{'dtype':'F6_E2M3','shape':[2],'data_offsets':[0,2]}",
            2,
            "12 bits do not fill whole bytes"));
  }

  private static Arguments shape(String name, String shape, String message) {
    return tensor(
        "shape: " + name, "{'dtype':'F32','shape':" + shape + ",'data_offsets':[0,8]}", 8, message);
  }

  static Stream<Arguments> offsets() {
    return Stream.of(
        offset("a number", "8", "must be an array, not 8"),
        offset("one number", "[8]", "$.a.data_offsets: must be [begin, end]"),
        offset("three numbers", "[0,4,8]", "must be [begin, end]"),
        offset("none", "[]", "must be [begin, end]"),
        offset("reversed", "[8,0]", "with 0 <= begin <= end"),
        offset("negative", "[-8,0]", "with 0 <= begin <= end"),
        offset("fractions", "[0.0,8.0]", "must be an integer, not 0.0"),
        offset("strings", "['0','8']", "must be an integer"),
        offset("behind a hole", "[4,12]", "tensor a: a hole of 4 bytes before it, at byte"),
        offset("beyond the file", "[8,16]", "a hole of 8 bytes"),
        offset(
            "far beyond the file", "[9223372036854775799,9223372036854775807]", "beyond the end"),
        offset("beyond 64 bits", "[0,18446744073709551616]", "the integer is too large"),
        header(
            "data cut short",
            "{'a':" + A + "}",
            7,
            "tensor a: ends at byte 70, but the file has 69 bytes; it is cut short"),
        header("one byte too many", "{'a':" + A + "}", 9, "byte 70: 1 bytes that belong to no"),
        header("two tensors in one place", "{'a':" + A + ",'b':" + A + "}", 8, "overlaps another"),
        header(
            "two names, data for both", "{'a':" + A + ",'b':" + A + "}", 16, "tensor b: overlaps"),
        header(
            "overlap by a byte",
            "{'a':" + A + ",'b':{'dtype':'U8','shape':[2],'data_offsets':[7,9]}}",
            9,
            "tensor b: overlaps another tensor at byte"),
        header(
            "inside another",
            "{'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]},'a':" + A + "}",
            8,
            "tensor b: overlaps another"),
        header(
            "a hole between",
            "{'a':" + A + ",'b':{'dtype':'U8','shape':[2],'data_offsets':[9,11]}}",
            11,
            "tensor b: a hole of 1 bytes"),
        header(
            "an empty tensor in the middle of another",
            "{'a':" + A + ",'b':{'dtype':'U8','shape':[0],'data_offsets':[4,4]}}",
            8,
            "tensor b: overlaps another"),
        header(
            "an empty tensor behind the end",
            "{'a':" + A + ",'b':{'dtype':'U8','shape':[0],'data_offsets':[9,9]}}",
            8,
            "tensor b: a hole"));
  }

  private static Arguments offset(String name, String offsets, String message) {
    return tensor(
        "offsets: " + name,
        "{'dtype':'F32','shape':[2],'data_offsets':" + offsets + "}",
        8,
        message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"frames", "texts", "fields", "shapes", "offsets"})
  void refuses(String name, byte[] file, String message) {
    TestFiles.assertMalformed(() -> SafetensorsFile.of(ByteBuffer.wrap(file), "f"), "f: ", message);
  }

  @Test
  void refusesMoreValuesThanMemoryIsMeantFor() {
    String header = "{\"a\":[" + "0,".repeat(StrictJson.MOST_VALUES) + "0]}";
    Throwable e =
        TestFiles.failure(() -> SafetensorsFile.of(ByteBuffer.wrap(safetensors(header, 0)), "f"));
    assertTrue(e.getMessage().contains("more than 8000000 values"), e.getMessage());
  }

  @Test
  void acceptsSpacesAfterTheHeaderAndTensorsInAnyOrder() {
    String header =
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,10]},\"e\":"
            + "{\"data_offsets\":[8,8],\"shape\":[5,0],\"dtype\":\"F32\"},\"a\":"
            + A.replace('\'', '"')
            + "}    ";
    SafetensorsFile file = SafetensorsFile.of(ByteBuffer.wrap(safetensors(header, 10)), "f");
    assertEquals("[b, e, a]", file.names().toString());
    assertEquals(8, TestFiles.bytes(file.tensor("b"))[0]);
    assertEquals(0, file.tensor("e").elementCount());
  }

  @Test
  void namesABadHeaderWithoutFloodingTheLine() {
    byte[] file = safetensors("{\"" + "x".repeat(100_000) + "\":7}", 0);
    Throwable e = TestFiles.failure(() -> SafetensorsFile.of(ByteBuffer.wrap(file), "f"));
    assertTrue(e.getMessage().contains("xxx... (100000 characters)"), e.getMessage());
  }
}
