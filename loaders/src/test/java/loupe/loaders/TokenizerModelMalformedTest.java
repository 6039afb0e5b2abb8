package loupe.loaders;

import static loupe.loaders.ModelBuilder.message;
import static loupe.loaders.ModelBuilder.number;
import static loupe.loaders.ModelBuilder.text;
import static loupe.loaders.ModelBuilder.varint;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.loaders.Tokenizer.Specials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerModelMalformedTest {
  private static ModelBuilder honest() {
    return ModelBuilder.withControls().pieces("ab", "a", "b");
  }

  static Stream<Arguments> otherFiles() {
    return Stream.of(
        arguments("empty file", new byte[0], "no pieces; is this a SentencePiece model?"),
        arguments("text", ascii("hello, world\n"), "or no SentencePiece model"),
        arguments("a web page", ascii("<!DOCTYPE html>"), "byte 0: "),
        arguments(
            "a pointer to a large file",
            ascii("version https://git-lfs.github.com/spec/v1\noid sha256:61a7\n"),
            "byte 0: "),
        arguments("a zip archive", ascii("PK\003\004\024\0\0\0"), "byte "),
        arguments("gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0}, "byte "),
        arguments("a pickle", new byte[] {(byte) 0x80, 2, '}', '.'}, "get it again"),
        arguments("a safetensors file", TestFiles.safetensors("{}", 0), "byte "),
        arguments("zeros", new byte[1000], "byte 0: no field has the number 0"),
        arguments("ones", filled(1000, 0xff), "a number of more than ten bytes"));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static Arguments raw(String name, String message, byte[]... fields) {
    return arguments(name, honest().raw(fields).build(), message);
  }

  static Stream<Arguments> wire() {
    byte[] whole = honest().build();
    return Stream.of(
        arguments("cut by a byte", Arrays.copyOf(whole, whole.length - 1), "what is left"),
        arguments("cut in the first piece", Arrays.copyOf(whole, 5), "what is left of the file"),
        arguments("cut after a tag", Arrays.copyOf(whole, 1), "byte 0: a number is cut off"),
        raw("field number beyond 29 bits", "no field has the number", varint(1L << 40)),
        raw("length beyond the file", "longer than what is left", varint(10), varint(1000)),
        raw("length beyond 32 bits", "longer than what is left", varint(10), varint(1L << 40)),
        raw("length beyond 2^63", "longer than what is left", varint(10), varint(-1)),
        raw("an unknown field that is too long", "longer than", varint(9 << 3 | 2), varint(99999)),
        raw("a group", "field 9 has the wire type 3", varint(9 << 3 | 3)),
        raw("the end of a group", "wire type 4", varint(9 << 3 | 4)),
        raw("wire type 6", "wire type 6", varint(9 << 3 | 6)),
        raw("wire type 7", "wire type 7", varint(9 << 3 | 7)),
        raw("a piece that is a number", "field 1 has the wire type 0, not 2", number(1, 5)),
        raw("a score that is a number", "field 2 has the wire type 0", message(1, number(2, 1))),
        raw("a type that is text", "field 3 has the wire type 2", message(1, text(3, "x"))),
        raw("a piece that is no UTF-8", "not UTF-8", message(1, message(1, filled(1, 0xc3)))),
        raw("half a surrogate pair", "not UTF-8", message(1, message(1, surrogate()))),
        arguments(
            "fixed fields cut off",
            honest().raw(message(1, new byte[] {0x15, 0})).build(),
            "field 2 is cut off"));
  }

  private static byte[] surrogate() {
    return new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80};
  }

  private static Arguments piece(String name, String text, float score, int type, String message) {
    return arguments("piece: " + name, honest().piece(text, score, type).build(), message);
  }

  static Stream<Arguments> pieces() {
    return Stream.of(
        piece("empty", "", 0, 1, "piece 7: is empty"),
        piece("there twice", "ab", 0, 1, "piece 7: is the same as piece 4: \"ab\""),
        piece("there twice, of two types", "<bos>", 0, 4, "is the same as piece 2"),
        piece("type 0", "c", 0, 0, "piece 7 has the unknown type 0"),
        piece("type 7", "c", 0, 7, "piece 7 has the unknown type 7"),
        piece("score NaN", "c", Float.NaN, 1, "piece 7: has the score NaN"),
        piece("score infinite", "c", Float.NEGATIVE_INFINITY, 1, "piece 7: has the score -Inf"),
        piece("zero character", "a\0", 0, 1, "piece 7: holds U+0000"),
        piece("endless", "x".repeat(4097), 0, 1, "has 4097 characters, more than 4096"),
        piece("a second unknown", "<unk2>", 0, 2, "one piece of type unknown"),
        piece("a byte without the others", "<0x00>", 0, 6, "1 pieces are of type byte"),
        piece("of type byte, but none", "c", 0, 6, "1 pieces are of type byte and 0 of them"),
        arguments(
            "type beyond 32 bits",
            honest().raw(message(1, text(1, "c"), number(3, 1L << 40))).build(),
            "unknown type 0"),
        arguments(
            "no unknown piece",
            new ModelBuilder().pieces("a").build(),
            "there must be one piece of type unknown"),
        arguments(
            "fallback without bytes",
            honest().buildWithFallback(),
            "byte_fallback is true, 0 pieces are of type byte"),
        arguments("bytes without fallback", honest().bytes().build(), "byte_fallback is false"));
  }

  private static Arguments trainer(String name, byte[] trainer, String message) {
    return arguments(
        "trainer: " + name, honest().specified(trainer, ModelBuilder.NORMALIZER), message);
  }

  private static Arguments normalizer(String name, byte[] normalizer, String message) {
    return arguments(
        "normalizer: " + name, honest().specified(ModelBuilder.TRAINER, normalizer), message);
  }

  static Stream<Arguments> settings() {
    byte[] plain = ModelBuilder.NORMALIZER;
    return Stream.of(
        trainer("missing", new byte[0], "trainer_spec: the model type is 1; only BPE (2)"),
        trainer("unigram", number(3, 1), "the model type is 1"),
        trainer("words", number(3, 3), "the model type is 3"),
        trainer("an unknown type", number(3, 99), "the model type is 99"),
        trainer(
            "spaces behind words",
            TestFiles.joined(ModelBuilder.TRAINER, number(24, 1)),
            "treat_whitespace_as_suffix is set"),
        normalizer("missing", new byte[0], "normalizer_spec: add_dummy_prefix is set"),
        normalizer("a space before the text", number(4, 0), "add_dummy_prefix is set"),
        normalizer("spaces removed", number(3, 0), "remove_extra_whitespaces is set"),
        normalizer("spaces kept", TestFiles.joined(plain, number(5, 0)), "escape_whitespaces"),
        normalizer("NFKC", TestFiles.joined(plain, text(2, "x")), "has a character map"),
        arguments(
            "denormalizer: a map",
            honest().raw(message(5, text(2, "x"))).build(),
            "has a character map"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"otherFiles", "wire", "pieces", "settings"})
  void refuses(String name, byte[] file, String message) {
    TestFiles.assertMalformed(() -> TokenizerFile.open("f.model", file), "f.model: ", message);
  }

  @Test
  void acceptsTheHonestFileThatTheCasesAreMadeFrom() {
    Tokenizer tokenizer = TokenizerFile.open("f", honest().build());
    assertArrayEquals(new int[] {2, 4, 3, 6}, tokenizer.encode("ab?b", true, Specials.TEXT));
    assertTrue(tokenizer instanceof SentencePieceModel);
    byte[] unknownFields =
        honest()
            .raw(number(50, 1), text(51, "x"), TestFiles.joined(varint(52 << 3 | 1), new byte[8]))
            .build();
    assertArrayEquals(
        new int[] {4}, TokenizerFile.open("f", unknownFields).encode("ab", false, Specials.TEXT));
  }
}
