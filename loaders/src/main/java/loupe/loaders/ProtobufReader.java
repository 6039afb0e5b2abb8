package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import loupe.reference.MalformedFileException;

/**
 * The fields of one Protocol Buffers message, in the order of the file (wire format:
 * protobuf.dev/programming-guides/encoding). Every length is checked before it is used. Groups,
 * which nothing writes any more, are refused.
 */
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final String file;
  private final byte[] bytes;
  private final int end;
  private int at;
  private int fieldStart;
  private int field;
  private int wireType;

  /** The message that the whole array holds. */
  ProtobufReader(String file, byte[] bytes) {
    this(file, bytes, 0, bytes.length);
  }

  private ProtobufReader(String file, byte[] bytes, int from, int end) {
    this.file = file;
    this.bytes = bytes;
    this.at = from;
    this.end = end;
    this.fieldStart = from;
  }

  /**
   * Goes to the next field, whose value must then be read or skipped.
   *
   * @return false at the end of the message
   */
  boolean next() {
    if (at == end) {
      return false;
    }
    fieldStart = at;
    long tag = varint();
    wireType = (int) (tag & 7);
    if (tag >>> 3 == 0 || tag >>> 32 != 0) {
      throw damaged("no field has the number " + (tag >>> 3));
    }
    field = (int) (tag >>> 3);
    return true;
  }

  /** The number of the present field. */
  int field() {
    return field;
  }

  /** The present field as a message. */
  ProtobufReader message() {
    int from = lengthDelimited();
    return new ProtobufReader(file, bytes, from, at);
  }

  /** The present field as text. */
  String string() {
    int from = lengthDelimited();
    String text = new String(bytes, from, at - from, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      requireUtf8(from);
    }
    return text;
  }

  private void requireUtf8(int from) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, at - from));
    } catch (CharacterCodingException flaw) {
      throw damaged("text that is not UTF-8");
    }
  }

  /** The number of bytes of the present field, which are skipped. */
  int byteSize() {
    int from = lengthDelimited();
    return at - from;
  }

  /** The present field as a 32-bit number; higher bits are dropped, as the format demands. */
  int int32() {
    expect(VARINT);
    return (int) varint();
  }

  /** The present field as a truth value. */
  boolean bool() {
    expect(VARINT);
    return varint() != 0;
  }

  /** The present field as a float32. */
  float float32() {
    expect(FIXED32);
    int from = advance(4);
    int bits = 0;
    for (int i = 3; i >= 0; i--) {
      bits = bits << 8 | bytes[from + i] & 0xFF;
    }
    return Float.intBitsToFloat(bits);
  }

  /** Leaves the present field out. */
  void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case LENGTH_DELIMITED -> lengthDelimited();
      case FIXED32 -> advance(4);
      default -> throw damaged("field " + field + " has the wire type " + wireType);
    }
  }

  /** An error at the present field. */
  MalformedFileException malformed(String reason) {
    return new MalformedFileException(file, "byte " + fieldStart, reason);
  }

  private MalformedFileException damaged(String reason) {
    return malformed(reason + "; damaged, or no SentencePiece model: get it again");
  }

  private int lengthDelimited() {
    expect(LENGTH_DELIMITED);
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged("field " + field + " is longer than what is left of the file");
    }
    return advance((int) length);
  }

  private void expect(int type) {
    if (wireType != type) {
      throw damaged("field " + field + " has the wire type " + wireType + ", not " + type);
    }
  }

  private int advance(int count) {
    if (count > end - at) {
      throw damaged("field " + field + " is cut off");
    }
    int from = at;
    at += count;
    return from;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw damaged("a number is cut off");
      }
      byte next = bytes[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw damaged("a number of more than ten bytes");
  }
}
