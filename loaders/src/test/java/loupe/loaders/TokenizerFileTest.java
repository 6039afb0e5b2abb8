package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.loaders.Tokenizer.Specials;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFileTest {
  private static final byte[] MODEL = ModelBuilder.withControls().pieces("ab", "a", "b").build();
  private static final byte[] JSON =
      TokenizerJsonMalformedTest.bytes(TokenizerJsonMalformedTest.HONEST);

  @TempDir Path folder;

  @Test
  void takesTheModelWhereAFolderHoldsBoth() {
    assertEquals(Optional.empty(), TokenizerFile.inFolder(folder));
    Path json = TestFiles.write(folder.resolve("tokenizer.json"), JSON);
    assertEquals(json.toString(), TokenizerFile.inFolder(folder).orElseThrow().origin());
    Path model = TestFiles.write(folder.resolve("tokenizer.model"), MODEL);
    assertEquals(model.toString(), TokenizerFile.inFolder(folder).orElseThrow().origin());
  }

  @Test
  void knowsTheFormByItsFirstByteWhateverTheName() {
    for (String name : List.of("x", "x.model", "x.JSON", "x.json")) {
      Path file = TestFiles.write(folder.resolve(name), JSON);
      assertTrue(TokenizerFile.open(file) instanceof HuggingFaceBpe, name);
    }
    Path file = TestFiles.write(folder.resolve("y"), MODEL);
    assertTrue(TokenizerFile.open(file) instanceof SentencePieceModel);
  }

  private void assertRefused(Path file, String message) {
    Throwable e = TestFiles.failure(() -> TokenizerFile.open(file));
    assertTrue(e instanceof InputException, e.toString());
    assertEquals(file + ": " + message, e.getMessage());
  }

  @Test
  void refusesWhatIsNoFileOrTooLarge() throws IOException {
    assertRefused(folder.resolve("none"), "no such file");
    assertRefused(folder, "is a folder, not a file");
    assertRefused(Path.of("/dev/zero"), "not a regular file");
    Path large = folder.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(1L << 40);
    }
    assertRefused(large, "1099511627776 bytes, more than a tokenizer has; name another file");
  }

  @Test
  void answersForThePiecesOfBothForms() {
    for (Tokenizer tokenizer :
        List.of(TokenizerFile.open("f", MODEL), TokenizerFile.open("f", JSON))) {
      assertEquals(OptionalInt.of(2), tokenizer.bosId());
      assertEquals(OptionalInt.of(1), tokenizer.eosId());
      assertEquals("<unk>", tokenizer.piece(3));
      assertEquals(OptionalInt.of(3), tokenizer.id("<unk>"));
      assertEquals(OptionalInt.empty(), tokenizer.id("none"));
      assertTrue(tokenizer.isControl(0));
      assertFalse(tokenizer.isControl(4));
      assertEquals("f", tokenizer.origin());
      assertEquals("", tokenizer.decode(0, 1, 2, 3));
      for (int id : new int[] {-1, tokenizer.vocabSize()}) {
        assertTrue(
            TestFiles.failure(() -> tokenizer.piece(id)).getMessage().contains("no token id"));
        assertTrue(
            TestFiles.failure(() -> tokenizer.isControl(id)).getMessage().contains("no token id"));
      }
    }
  }

  @Test
  void parsesControlPiecesOnRequestOnly() {
    Tokenizer model = TokenizerFile.open("f", MODEL);
    assertArrayEquals(new int[] {3, 6, 3}, model.encode("<bos>", false, Specials.TEXT));
    assertArrayEquals(new int[] {2, 4}, model.encode("<bos>ab", false, Specials.PARSE));
    Tokenizer json = TokenizerFile.open("f", JSON);
    assertArrayEquals(new int[] {0, 6}, json.encode("<pad>ab", false, Specials.PARSE));
    assertArrayEquals(new int[] {4, 3}, json.encode("a<", false, Specials.TEXT));
  }

  @Test
  void refusesHalfOfASurrogatePair() {
    for (byte[] file : List.of(MODEL, JSON)) {
      Tokenizer tokenizer = TokenizerFile.open("f", file);
      for (String text : List.of("a\ud800", "a\udc00", "a\ud800b")) {
        Throwable e = TestFiles.failure(() -> tokenizer.encode(text, false, Specials.TEXT));
        assertTrue(e instanceof InputException, e.toString());
        assertTrue(e.getMessage().contains("at character 1"), e.getMessage());
      }
    }
  }

  @Test
  void saysThatThereIsNoBos() {
    byte[] file = new ModelBuilder().piece("<unk>", 0, ModelBuilder.UNKNOWN).build();
    Tokenizer tokenizer = TokenizerFile.open("f", file);
    assertEquals(OptionalInt.empty(), tokenizer.bosId());
    assertEquals(
        "f: names no BOS token; encode without it",
        TestFiles.failure(() -> tokenizer.encode("", true, Specials.TEXT)).getMessage());
  }
}
