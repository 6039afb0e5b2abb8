package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ids and texts equal to those of the SentencePiece and tokenizers libraries, on thousands of
 * hostile texts. Where the files come from: {@code README.md} beside them.
 */
class TokenizerTruthTest {
  private static final String GEMMA = "LOUPE_GEMMA_TOKENIZER";

  /** SHA-256 of the tokenizer.json that {@code gemma_tokenizer.jsonl.gz} was made from. */
  private static final String GEMMA_JSON =
      "7da53ca29fb16f6b2489482fc0bc6a394162cdab14d12764a1755ebc583fea79";

  @TempDir Path temp;

  private final TokenizerGoldens goldens = new TokenizerGoldens();

  @Test
  void tinyVocabularyGivesTheIdsOfBothLibraries() throws IOException {
    Tokenizer model = tiny("tokenizer.model");
    Tokenizer json = tiny("tokenizer.json");
    try (InputStream texts = stream("tiny_tokenizer.jsonl.gz")) {
      goldens.compareTexts(texts, model, json);
    }
    assertEquals(List.of(), goldens.mismatches());
    assertEquals(4 * 5000, goldens.encoded());
    assertEquals(2 * 1250, goldens.decoded());
  }

  @Test
  void smallVocabulariesGiveTheIdsOfTheirLibrary() throws IOException {
    try (InputStream variants = stream("small_tokenizers.jsonl.gz")) {
      goldens.compareVariants(variants);
    }
    assertEquals(List.of(), goldens.mismatches());
    assertEquals(200, goldens.files());
    assertEquals(200 * 12 * 2, goldens.encoded());
  }

  /**
   * Gemma's vocabulary is not part of the project: the variable names a folder that has it, or a
   * file in it.
   */
  @Test
  @EnabledIfEnvironmentVariable(
      named = GEMMA,
      matches = ".+",
      disabledReason = "LOUPE_GEMMA_TOKENIZER names no folder with Gemma 2's tokenizer files")
  void gemmaVocabularyGivesTheIdsOfBothLibraries() throws IOException {
    Path named = Path.of(System.getenv(GEMMA));
    Path folder = Files.isDirectory(named) ? named : named.toAbsolutePath().getParent();
    Tokenizer model = openIfThere(folder.resolve("tokenizer.model"));
    Tokenizer json = openIfThere(folder.resolve("tokenizer.json"));
    assertTrue(model != null || json != null, folder + " holds no tokenizer");
    try (InputStream texts = stream("gemma_tokenizer.jsonl.gz")) {
      goldens.compareTexts(texts, changes(folder.resolve("tokenizer.json")), model, json);
    }
    if (model != null) {
      TokenizerGoldens ofGguf = new TokenizerGoldens();
      try (InputStream texts = stream("gemma_tokenizer.jsonl.gz")) {
        ofGguf.compareTexts(texts, GgufTokenizerTest.throughGguf(model, temp), null);
      }
      assertEquals(List.of(), ofGguf.mismatches());
    }
    assertEquals(List.of(), goldens.mismatches());
    assertEquals((model == null || json == null ? 2 : 4) * 5000, goldens.encoded());
  }

  private static Map<String, JsonObject> changes(Path json) throws IOException {
    if (!Files.exists(json)) {
      return Map.of();
    }
    try (InputStream changes = stream("gemma_tokenizer_changes.jsonl.gz")) {
      return TokenizerGoldens.changesFor(Files.readAllBytes(json), GEMMA_JSON, changes);
    }
  }

  private static Tokenizer openIfThere(Path file) {
    return Files.exists(file) ? TokenizerFile.open(file) : null;
  }

  private static Tokenizer tiny(String name) {
    return TokenizerFile.open(name, TestFiles.resource("/loupe/tiny/" + name));
  }

  private static InputStream stream(String name) {
    return TokenizerTruthTest.class.getResourceAsStream(name);
  }
}
