package loupe.loaders;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;
import loupe.reference.InputException;

/**
 * Decodes ids that come one at a time. Bytes of a character that is not complete are held back, so
 * that the parts put together are the text that all ids give at once. Not safe for use by several
 * threads.
 *
 * <p>The two libraries differ where bytes are no UTF-8. SentencePiece (sentencepiece_processor.cc,
 * {@code Decode}) gives U+FFFD for each byte that begins no character, and goes on at the next; a
 * control piece ends a run of bytes. In {@code tokenizers} (decoders/byte_fallback.rs) a run with a
 * flaw is U+FFFD for each of its bytes, also for those that are good characters; control pieces are
 * taken out before. So there a run is held back as a whole.
 */
public final class TextDecoder {
  private static final String REPLACEMENT = "\uFFFD";

  private final Tokenizer tokenizer;
  private final IntUnaryOperator byteValue;
  private final boolean wholeRuns;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();

  /**
   * @param byteValue gives the byte, 0 to 255, that an id stands for, or -1
   * @param wholeRuns whether a run of bytes is judged as a whole
   */
  TextDecoder(Tokenizer tokenizer, IntUnaryOperator byteValue, boolean wholeRuns) {
    this.tokenizer = tokenizer;
    this.byteValue = byteValue;
    this.wholeRuns = wholeRuns;
  }

  /**
   * Takes the next id.
   *
   * @return the text that is now certain, perhaps empty
   * @throws InputException if there is no such id
   */
  public String accept(int id) {
    if (tokenizer.isControl(id)) {
      return wholeRuns ? "" : finish();
    }
    int value = byteValue.applyAsInt(id);
    if (value < 0) {
      return finish() + tokenizer.piece(id).replace('\u2581', ' ');
    }
    held.write(value);
    return wholeRuns ? "" : characters(false);
  }

  /** The text of the bytes that were held back; afterwards a new text may begin. */
  public String finish() {
    return held.size() == 0 ? "" : wholeRuns ? run() : characters(true);
  }

  private String run() {
    int count = held.size();
    ByteBuffer bytes = ByteBuffer.wrap(held.toByteArray());
    held.reset();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException flaw) {
      return REPLACEMENT.repeat(count);
    }
  }

  private String characters(boolean last) {
    byte[] bytes = held.toByteArray();
    held.reset();
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = sequenceLength(bytes[at] & 0xFF);
      if (at + length > bytes.length && !last) {
        break;
      }
      int character = at + length > bytes.length ? -1 : character(bytes, at, length);
      if (character < 0) {
        text.append(REPLACEMENT);
        at++;
      } else {
        text.appendCodePoint(character);
        at += length;
      }
    }
    held.write(bytes, at, bytes.length - at);
    return text.toString();
  }

  /** How many bytes a character has that begins with this byte; 1 for bytes that begin none. */
  private static int sequenceLength(int first) {
    if ((first & 0xE0) == 0xC0) {
      return 2;
    }
    if ((first & 0xF0) == 0xE0) {
      return 3;
    }
    return (first & 0xF8) == 0xF0 ? 4 : 1;
  }

  /** The code point of a UTF-8 sequence, or -1 if it is none, overlong, or a surrogate. */
  private static int character(byte[] bytes, int from, int length) {
    if (length == 1) {
      return bytes[from];
    }
    int point = bytes[from] & 0x7F >> length;
    for (int i = 1; i < length; i++) {
      if ((bytes[from + i] & 0xC0) != 0x80) {
        return -1;
      }
      point = point << 6 | bytes[from + i] & 0x3F;
    }
    int least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return point < least || surrogate || point > Character.MAX_CODE_POINT ? -1 : point;
  }
}
