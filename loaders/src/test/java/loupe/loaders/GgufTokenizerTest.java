package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GgufTokenizerTest {
  private static final int FLOAT32 = 6;
  private static final int INT32 = 5;

  @TempDir Path folder;

  private Tokenizer throughGguf(Tokenizer tokenizer, int rows) {
    return throughGguf(tokenizer, rows, folder);
  }

  /** The tokenizer that a GGUF file with the vocabulary of another gives. */
  static Tokenizer throughGguf(Tokenizer tokenizer, Path folder) {
    return throughGguf(tokenizer, tokenizer.vocabSize(), folder);
  }

  private static Tokenizer throughGguf(Tokenizer tokenizer, int rows, Path folder) {
    Path file = folder.resolve("t.gguf");
    Map<String, Object> keys = GgufVocabulary.keys(tokenizer, rows);
    try (GgufWriter writer = GgufWriter.create(file, keys, List.of())) {
      writer.commit();
    }
    return GgufFile.open(file).tokenizer().orElseThrow();
  }

  @Test
  void aVocabularyInAGgufFileGivesTheIdsOfItsTokenizerModel() throws IOException {
    Tokenizer model =
        TokenizerFile.open("tokenizer.model", TestFiles.resource("/loupe/tiny/tokenizer.model"));
    Tokenizer read = throughGguf(model, model.vocabSize());
    TokenizerGoldens goldens = new TokenizerGoldens();
    try (InputStream texts = getClass().getResourceAsStream("tiny_tokenizer.jsonl.gz")) {
      goldens.compareTexts(texts, read, null);
    }
    assertEquals(List.of(), goldens.mismatches());
    assertEquals(2 * 5000, goldens.encoded());
    for (int id = 0; id < model.vocabSize(); id++) {
      assertEquals(model.piece(id), read.piece(id));
      assertEquals(model.isControl(id), read.isControl(id));
    }
    assertEquals(model.bosId(), read.bosId());
    assertEquals(model.eosId(), read.eosId());
  }

  @Test
  void rowsBeyondTheVocabularyAreUnusedPieces() {
    Tokenizer model = TokenizerFile.open("m", ModelBuilder.withControls().pieces("a", "b").build());
    Tokenizer read = throughGguf(model, model.vocabSize() + 3);
    assertEquals(model.vocabSize() + 3, read.vocabSize());
    assertEquals("[PAD" + model.vocabSize() + "]", read.piece(model.vocabSize()));
    int[] ids = read.encode("ab", false, Tokenizer.Specials.TEXT);
    assertArrayEquals(model.encode("ab", false, Tokenizer.Specials.TEXT), ids);
  }

  @Test
  void aTokenizerJsonAndAVocabularyThatIsTooLargeAreRefused() {
    byte[] json = TestFiles.resource("/loupe/tiny/tokenizer.json");
    Tokenizer other = TokenizerFile.open("tokenizer.json", json);
    assertEquals(
        "tokenizer.json: GGUF holds vocabularies of SentencePiece; put the tokenizer.model into the"
            + " folder, or name it by --tokenizer",
        TestFiles.failure(() -> GgufVocabulary.keys(other, 9999)).getMessage());
    Tokenizer model = TokenizerFile.open("m", ModelBuilder.withControls().pieces("a").build());
    assertEquals(
        "m: has 5 pieces, and the embedding 4 rows; is it the model's own?",
        TestFiles.failure(() -> GgufVocabulary.keys(model, 4)).getMessage());
  }

  @Test
  void aFileWithoutAVocabularyHasNoTokenizer() {
    assertEquals(Optional.empty(), read(new GgufBuilder().build()));
    GgufBuilder none = new GgufBuilder().string("tokenizer.ggml.model", "no_vocab");
    assertEquals(Optional.empty(), read(none.build()));
  }

  private static Optional<Tokenizer> read(byte[] file) {
    return GgufFile.of(ByteBuffer.wrap(file), "f.gguf").tokenizer();
  }

  /** A vocabulary of six pieces, but for the keys that begin with a word. */
  static GgufBuilder without(String... left) {
    GgufBuilder file = new GgufBuilder();
    List<String> gone = List.of(left);
    if (!gone.contains("model")) {
      file.string("tokenizer.ggml.model", "llama");
    }
    if (!gone.contains("prefix")) {
      file.key("tokenizer.ggml.add_space_prefix", 7, (byte) 0);
    }
    if (!gone.contains("tokens")) {
      file.strings("tokenizer.ggml.tokens", "<unk>", "<bos>", "a", "b", "ab", "  ");
    }
    if (!gone.contains("scores")) {
      file.numbers("tokenizer.ggml.scores", FLOAT32, 0, 0, 0, 0, 0, 0);
    }
    if (!gone.contains("types")) {
      file.numbers("tokenizer.ggml.token_type", INT32, 2, 3, 1, 1, 1, 4);
    }
    return gone.contains("bos") ? file : file.uint32("tokenizer.ggml.bos_token_id", 1);
  }

  @Test
  void userDefinedPiecesMayHaveSpaces() {
    Tokenizer tokenizer = read(without().build()).orElseThrow();
    int[] ids = tokenizer.encode("ab  a", true, Tokenizer.Specials.TEXT);
    assertArrayEquals(new int[] {1, 4, 5, 2}, ids);
    assertEquals("\u2581\u2581", tokenizer.piece(5));
  }

  private static Arguments bad(GgufBuilder file, String message) {
    return arguments(message, file.build());
  }

  static Stream<Arguments> malformed() {
    int nan = Float.floatToIntBits(Float.NaN);
    String[] twice = {"<unk>", "<bos>", "a", "a", "ab", "  "};
    String[] zero = {"<unk>", "<bos>", "a", "\0", "ab", "  "};
    String[] empty = {"<unk>", "<bos>", "a", "", "ab", "  "};
    String[] same = {"<unk>", "<bos>", "a", "b", "\u2581\u2581", "  "};
    String tokens = "tokenizer.ggml.tokens";
    String scores = "tokenizer.ggml.scores";
    String types = "tokenizer.ggml.token_type";
    return Stream.of(
        bad(without("model").string("tokenizer.ggml.model", "gpt2"), "is gpt2; only llama"),
        bad(without("model").uint32("tokenizer.ggml.model", 1), "must be of type string"),
        bad(without("prefix"), "add_space_prefix: is true (or left at its default)"),
        bad(without().key("tokenizer.ggml.remove_extra_whitespaces", 7, (byte) 1), "is true"),
        bad(without("tokens"), "tokenizer.ggml.tokens: is missing"),
        bad(without("scores"), "tokenizer.ggml.scores: is missing"),
        bad(without("types"), "tokenizer.ggml.token_type: is missing"),
        bad(without("tokens").string(tokens, "a"), "must be an array of type string"),
        bad(without("tokens").strings(tokens), "has 6 elements for 0 tokens"),
        bad(without("tokens").strings(tokens, "a"), "has 6 elements for 1 tokens"),
        bad(without("tokens").strings(tokens, twice), "piece 3: is the same as piece 2"),
        bad(without("tokens").strings(tokens, same), "piece 5: is the same as piece 4"),
        bad(without("tokens").strings(tokens, zero), "piece 3: holds U+0000"),
        bad(without("tokens").strings(tokens, empty), "piece 3: is empty"),
        bad(without("scores").numbers(scores, FLOAT32, 0, 0), "has 2 elements for 6 tokens"),
        bad(without("scores").numbers(scores, INT32, 0, 0, 0, 0, 0, 0), "of type float32"),
        bad(without("scores").numbers(scores, FLOAT32, 0, nan, 0, 0, 0, 0), "the score NaN"),
        bad(without("types").numbers(types, INT32, 2, 3, 1, 1, 1), "has 5 elements"),
        bad(without("types").numbers(types, INT32, 2, 3, 1, 1, 9, 4), "the unknown type 9"),
        bad(without("types").numbers(types, INT32, 2, 3, 1, -1, 1, 4), "the unknown type -1"),
        bad(without("types").numbers(types, INT32, 1, 3, 1, 1, 1, 4), "one piece of type unknown"),
        bad(without("types").numbers(types, INT32, 2, 2, 1, 1, 1, 4), "one piece of type unknown"),
        bad(without("types").numbers(types, INT32, 2, 3, 6, 1, 1, 4), "byte_fallback is true"),
        bad(without("bos").uint32("tokenizer.ggml.bos_token_id", 6), "there is no token 6"),
        bad(without("bos").uint32("tokenizer.ggml.bos_token_id", -1), "no token 4294967295"),
        bad(without("bos").string("tokenizer.ggml.bos_token_id", "1"), "must be an integer"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void isRefused(String message, byte[] file) {
    TestFiles.assertMalformed(() -> read(file), "f.gguf: ", message);
  }
}
