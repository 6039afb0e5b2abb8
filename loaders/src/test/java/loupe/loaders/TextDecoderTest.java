package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;

class TextDecoderTest {
  private static final int BOS = 2;
  private static final int BYTES = 4;
  private static final int WORD = 260;

  /** Both forms of one vocabulary: four control pieces, 256 bytes, one word. */
  private static final Tokenizer MODEL =
      TokenizerFile.open(
          "f", ModelBuilder.withControls().bytes().pieces("▁word").buildWithFallback());

  private static final Tokenizer JSON = TokenizerFile.open("f.json", json());

  private static byte[] json() {
    StringBuilder vocab = new StringBuilder("{'<pad>':0,'<eos>':1,'<bos>':2,'<unk>':3");
    for (int value = 0; value < 256; value++) {
      vocab.append(",'<0x%02X>':%d".formatted(value, BYTES + value));
    }
    String text = TokenizerJsonMalformedTest.HONEST;
    int start = text.indexOf("'vocab':") + 8;
    int end = text.indexOf("},", start) + 1;
    return TokenizerJsonMalformedTest.bytes(
        text.replace(text.substring(start, end), vocab.append(",'▁word':260}").toString())
            .replace("'a b','▁ ab'", ""));
  }

  private static int[] bytes(int... values) {
    return java.util.Arrays.stream(values).map(value -> BYTES + value).toArray();
  }

  /** What the decoder gives for each id, and at the end. */
  private static List<String> parts(Tokenizer tokenizer, int... ids) {
    TextDecoder decoder = tokenizer.decoder();
    List<String> out = new ArrayList<>();
    for (int id : ids) {
      out.add(decoder.accept(id));
    }
    out.add(decoder.finish());
    return out;
  }

  @Test
  void holdsBytesBackUntilTheirCharacterIsCertain() {
    int[] euro = bytes(0xe2, 0x82, 0xac);
    assertEquals(List.of("", "", "€", ""), parts(MODEL, euro));
    assertEquals(List.of("", "", "", "€"), parts(JSON, euro));
    assertEquals(List.of(" word", ""), parts(MODEL, WORD));
    assertEquals(List.of("", " word", ""), parts(MODEL, BOS, WORD));
    assertEquals(List.of("", "\uFFFD word", ""), parts(MODEL, BYTES + 0xe2, WORD));
    assertEquals(List.of("", "\uFFFD word", ""), parts(JSON, BYTES + 0xe2, WORD));
  }

  @Test
  void replacesBytesThatAreNoCharacterAsItsLibraryDoes() {
    int[] flawed = bytes(0xe2, 0x82, 0xac, 0xff, 'a');
    assertEquals("€\uFFFDa", MODEL.decode(flawed));
    assertEquals("\uFFFD".repeat(5), JSON.decode(flawed));
    int[] broken = {BYTES + 0xc3, BOS, BYTES + 0xa9};
    assertEquals("\uFFFD\uFFFD", MODEL.decode(broken));
    assertEquals("é", JSON.decode(broken));
  }

  @Test
  void replacesOverlongFormsSurrogatesAndWhatIsBeyondUnicode() {
    assertEquals("\uFFFD\uFFFD", MODEL.decode(bytes(0xc0, 0x80)));
    assertEquals("\uFFFD\uFFFD\uFFFD", MODEL.decode(bytes(0xed, 0xa0, 0x80)));
    assertEquals("\uFFFD".repeat(4), MODEL.decode(bytes(0xf4, 0x90, 0x80, 0x80)));
    assertEquals("\uDBFF\uDFFF", MODEL.decode(bytes(0xf4, 0x8f, 0xbf, 0xbf)));
    assertEquals("\uFFFD".repeat(3), MODEL.decode(bytes(0xe0, 0x80, 0x80)));
  }

  @Test
  void beginsANewTextAfterTheEnd() {
    TextDecoder decoder = MODEL.decoder();
    decoder.accept(BYTES + 0xe2);
    assertEquals("\uFFFD", decoder.finish());
    assertEquals("", decoder.finish());
    assertEquals("a", decoder.accept(BYTES + 'a'));
  }

  @Test
  void refusesIdsThatAreNone() {
    for (Tokenizer tokenizer : List.of(MODEL, JSON)) {
      for (int id : new int[] {-1, 261, Integer.MAX_VALUE}) {
        InputException e = assertThrows(InputException.class, () -> tokenizer.decode(id));
        assertEquals(
            tokenizer.origin() + ": there is no token id " + id + "; ids are 0 to 260",
            e.getMessage());
      }
    }
  }
}
