package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import loupe.reference.MalformedFileException;

/** Reads the header of a GGUF file from front to back; nothing is read that is not there. */
final class GgufCursor {
  /** Keys have at most this many bytes (docs/gguf.md); names and values of texts may have more. */
  static final int LONGEST_KEY = 65535;

  /** A bound for files that lie: chat templates have a few thousand characters. */
  static final int LONGEST_STRING = 1 << 24;

  private final Bytes bytes;
  private long at;

  GgufCursor(Bytes bytes, long at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Byte offset of what is read next. */
  long at() {
    return at;
  }

  /** Bytes that are left. */
  long left() {
    return bytes.size() - at;
  }

  int int32() {
    return (int) number(Integer.BYTES, "a number");
  }

  long int64() {
    return number(Long.BYTES, "a number");
  }

  /** The little-endian number of so many bytes. */
  long number(int byteCount, String what) {
    return bytes.number(advance(byteCount, what), byteCount);
  }

  /** A text of at most so many bytes. */
  String string(String what, int longest) {
    int length = stringLength(what, longest);
    long from = advance(length, what);
    byte[] utf8 = bytes.copy(from, length);
    String text = new String(utf8, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      requireUtf8(utf8, from, what);
    }
    return text;
  }

  /** U+FFFD may stand in the file, or for what is no UTF-8. */
  private void requireUtf8(byte[] utf8, long from, String what) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
    } catch (CharacterCodingException e) {
      throw malformed(from, what + " is not UTF-8");
    }
  }

  /** Passes a text over. */
  void skipString(String what) {
    advance(stringLength(what, LONGEST_STRING), what);
  }

  private int stringLength(String what, int longest) {
    long from = at;
    long length = int64();
    if (length < 0 || length > longest) {
      throw malformed(
          from, what + " has " + Long.toUnsignedString(length) + " bytes, more than " + longest);
    }
    return (int) length;
  }

  /** Passes bytes over, and gives where they begin. */
  long advance(long byteCount, String what) {
    if (byteCount > left()) {
      throw malformed(at, what + " is cut off; the file is not whole, get it again");
    }
    long from = at;
    at += byteCount;
    return from;
  }

  MalformedFileException malformed(long byteOffset, String reason) {
    return new MalformedFileException(bytes.origin(), "byte " + byteOffset, reason);
  }
}
