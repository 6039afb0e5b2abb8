package loupe.loaders;

import static loupe.loaders.GgufBuilder.little;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GgufMalformedTest {
  private static final int F32 = 0;
  private static final int Q8_0 = 8;

  private static GgufBuilder file() {
    return new GgufBuilder();
  }

  private static Arguments bad(String name, GgufBuilder file, String message) {
    return arguments(name, file.build(), message);
  }

  private static GgufBuilder tensor(int type, long offset, long... axes) {
    return file().entry("t", type, offset, axes).data(64);
  }

  static Stream<Arguments> frames() {
    byte[] honest = file().uint32("a", 1).entry("t", F32, 0, 2).data(8).build();
    byte[] magic = "GGUF".getBytes(StandardCharsets.US_ASCII);
    return Stream.of(
        arguments("empty file", new byte[0], "byte 0: not a GGUF file"),
        arguments("three bytes", Arrays.copyOf(magic, 3), "byte 0: not a GGUF file"),
        arguments("a safetensors file", TestFiles.safetensors("{}", 0), "byte 0: not a GGUF file"),
        arguments("an old GGML file", "lmgg".getBytes(StandardCharsets.US_ASCII), "not a GGUF"),
        arguments("magic alone", magic, "byte 4: a number is cut off"),
        arguments("no counts", Arrays.copyOf(honest, 8), "byte 8: a number is cut off"),
        arguments("cut in a key", Arrays.copyOf(honest, 32), "byte 32: key 0 is cut off"),
        arguments("cut in a value", Arrays.copyOf(honest, 40), "key a is cut off"),
        arguments("cut in a name", Arrays.copyOf(honest, 49), "the name of tensor 0 is cut off"),
        arguments("cut in an entry", Arrays.copyOf(honest, 60), "a number is cut off"),
        arguments("cut in the data", Arrays.copyOf(honest, honest.length - 1), "it is cut short"),
        arguments("cut before the data", Arrays.copyOf(honest, 80), "it is cut short"),
        arguments(
            "bytes at the end",
            Arrays.copyOf(honest, honest.length + 64),
            "40 bytes that belong to no tensor"),
        bad("version 0", file().version(0), "byte 4: the numbers are big-endian"),
        bad("version 1", file().version(1), "version 1; 2 and 3 are read: convert the model again"),
        bad("version 4", file().version(4), "version 4; 2 and 3 are read"),
        bad("version 2^32-1", file().version(-1), "version 4294967295; 2 and 3"),
        bad("big-endian", file().version(3 << 24), "the numbers are big-endian"),
        bad("-1 tensors", file().count(-1, 0), "negative counts"),
        bad("-1 keys", file().count(0, -1), "negative counts"),
        bad("2^62 keys", file().count(0, 1L << 62), "a number is cut off"),
        bad("2^63-1 tensors", file().count(Long.MAX_VALUE, 0), "a number is cut off"),
        bad("one key too few", file().uint32("a", 1).count(0, -1).entry("t", F32, 0, 2), ""),
        bad("one tensor more", file().entry("t", F32, 0, 0).count(1, 0), "is cut off"));
  }

  static Stream<Arguments> keys() {
    byte[] huge = little(Long.MAX_VALUE, 8);
    return Stream.of(
        bad("an empty key", file().uint32("", 1), "key 0 is empty"),
        bad("a key twice", file().uint32("a", 1).uint32("a", 1), "key a is there twice"),
        bad("a key too long", file().uint32("k".repeat(65536), 1), "65536 bytes, more than 65535"),
        bad("an unknown type", file().key("a", 13), "key a has the unknown type 13"),
        bad("type 2^32-1", file().key("a", -1), "key a has the unknown type 4294967295"),
        bad("a text of 2^63-1", file().key("a", 8, huge), "key a has 9223372036854775807 bytes"),
        bad("a text of 2^64-1", file().key("a", 8, little(-1, 8)), "18446744073709551615 bytes"),
        bad("a text too long", file().key("a", 8, little(9, 8)), "key a is cut off"),
        bad("an array without type", file().key("a", 9), "a number is cut off"),
        bad("an array of no type", file().key("a", 9, little(77, 4)), "unknown type 77"),
        bad("an array of arrays", file().key("a", 9, little(9, 4)), "an array of arrays"),
        bad(
            "an array of 2^63-1 bytes",
            file().key("a", 9, TestFiles.joined(little(0, 4), huge)),
            "9223372036854775807 elements, more than the file holds"),
        bad(
            "an array of 2^63-1 texts",
            file().key("a", 9, TestFiles.joined(little(8, 4), huge)),
            "9223372036854775807 elements, more than the file holds"),
        bad(
            "an array of 2^61 u64",
            file().key("a", 9, TestFiles.joined(little(10, 4), little(1L << 61, 8))),
            "more than the file holds"),
        bad(
            "an array of -1",
            file().key("a", 9, TestFiles.joined(little(4, 4), little(-1, 8))),
            "18446744073709551615 elements"),
        bad("alignment 0", file().uint32("general.alignment", 0), "no power of two"),
        bad("alignment 24", file().uint32("general.alignment", 24), "24 is no power of two"),
        bad("alignment 2^32-1", file().uint32("general.alignment", -1), "no power of two"),
        bad("alignment as text", file().string("general.alignment", "32"), "must be an integer"),
        bad("one part of two", file().uint32("split.count", 2), "llama-gguf-split --merge"));
  }

  static Stream<Arguments> tensors() {
    long big = 1L << 32;
    return Stream.of(
        bad("five axes", tensor(F32, 0, 1, 1, 1, 1, 1), "tensor t: 5 axes, more than 4"),
        bad("a negative axis", tensor(F32, 0, -1, 2), "tensor t: an axis of length -1"),
        bad("a product of 2^64", tensor(F32, 0, big, big), "beyond 2^57"),
        bad("a product of 2^128", tensor(F32, 0, big, big, big, big), "beyond 2^57"),
        bad("a product of 2^58", tensor(F32, 0, 1L << 58), "beyond 2^57"),
        bad("a product that overflows before a 0", tensor(F32, 0, 0, big, big), "beyond 2^57"),
        bad("larger than the file", tensor(F32, 0, 17), "ends at byte"),
        bad("much larger than the file", tensor(F32, 0, 1L << 40), "ends at byte"),
        bad("rows of no whole blocks", tensor(Q8_0, 0, 33), "rows of 33 elements are no whole"),
        bad("blocks across rows", tensor(Q8_0, 0, 16, 2), "rows of 16 elements"),
        bad("a quantised scalar", tensor(Q8_0, 0), "rows of 1 elements"),
        bad("type Q2_K", tensor(10, 0, 256), "tensor t: its type Q2_K is not implemented; F32,"),
        bad("type IQ4_XS", tensor(23, 0, 256), "its type IQ4_XS is not implemented"),
        bad("a type that is no more", tensor(4, 0, 32), "its type number 4 is not implemented"),
        bad("type 2^32-1", tensor(-1, 0, 32), "its type number 4294967295 is not"),
        bad("not at the beginning", tensor(F32, 32, 2), "a hole before it"),
        bad("not aligned", tensor(F32, 4, 2), "a hole before it: it begins at byte"),
        bad("beyond the file", tensor(F32, 1L << 40, 2), "a hole before it"),
        bad("offset 2^63", tensor(F32, Long.MIN_VALUE, 2), "begins beyond 2^63"),
        bad("offset 2^63-1", tensor(F32, Long.MAX_VALUE, 2), "begins beyond 2^63"),
        bad("overlapping", tensor(F32, 0, 2).entry("u", F32, 0, 2), "overlaps another tensor"),
        bad("the same place, one empty", tensor(F32, 0, 9).entry("u", F32, 32, 9), "overlaps"),
        bad("a hole", tensor(F32, 0, 2).entry("u", F32, 64, 2), "tensor u: has a hole"),
        bad("not padded", tensor(F32, 0, 2).entry("u", F32, 8, 2), "tensor u: overlaps"),
        bad("a name twice", tensor(F32, 0, 2).entry("t", F32, 32, 2), "tensor t is there twice"),
        bad("a long name", file().entry("n".repeat(64), F32, 0, 2), "64 bytes, more than 63"),
        bad(
            "alignment not kept",
            tensor(F32, 0, 2).alignment(64).entry("u", F32, 32, 2),
            "(alignment 64)"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"frames", "keys", "tensors"})
  void isRefused(String name, byte[] file, String message) {
    TestFiles.assertMalformed(
        () -> GgufFile.of(ByteBuffer.wrap(file), "f.gguf"), "f.gguf: ", message);
  }

  @ParameterizedTest
  @MethodSource("brokenText")
  void textThatIsNotUtf8IsRefusedWhereItIsRead(byte[] file) {
    TestFiles.assertMalformed(
        () -> GgufFile.of(ByteBuffer.wrap(file), "f.gguf").metadata().values(),
        "f.gguf: ",
        "not UTF-8");
  }

  static Stream<byte[]> brokenText() {
    byte[] value = TestFiles.joined(little(2, 8), new byte[] {(byte) 0xc3, '('});
    byte[] key = file().uint32("kk", 1).build();
    return Stream.of(file().key("a", 8, value).build(), TestFiles.replaced(key, "kk", "\u00c3("));
  }
}
