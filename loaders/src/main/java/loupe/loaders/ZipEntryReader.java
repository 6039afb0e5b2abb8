package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import loupe.reference.MalformedFileException;

/**
 * Reads the entries of a zip archive's central directory, one after another, each together with the
 * member's own header. Sections as in {@link ZipDirectory}.
 */
final class ZipEntryReader {
  static final int CENTRAL_BYTES = 46;
  private static final long CENTRAL = 0x02014b50L;
  private static final int LOCAL_BYTES = 30;
  private static final long LOCAL = 0x04034b50L;
  private static final long UNSET = 0xffffffffL;

  // 4.4.4, general purpose flags.
  private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;
  private static final int SIZES_FOLLOW = 1 << 3;
  private static final int UTF_8 = 1 << 11;

  private final Bytes bytes;
  private final long directoryStart;
  private final long end;
  private long at;

  ZipEntryReader(Bytes bytes, long directoryStart, long directoryEnd) {
    this.bytes = bytes;
    this.directoryStart = directoryStart;
    this.end = directoryEnd;
    this.at = directoryStart;
  }

  /** Byte offset of the next entry. */
  long position() {
    return at;
  }

  /** 4.3.12, the central directory header. */
  ZipMember next() {
    long entry = at;
    requireRoom(entry, CENTRAL_BYTES, end);
    if (bytes.number(entry, 4) != CENTRAL) {
      throw failure("byte " + entry, "no entry of the zip directory is here");
    }
    int nameBytes = (int) bytes.number(entry + 28, 2);
    int extraBytes = (int) bytes.number(entry + 30, 2);
    int commentBytes = (int) bytes.number(entry + 32, 2);
    at = entry + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
    requireRoom(entry, (int) (at - entry), end);
    int flags = (int) bytes.number(entry + 8, 2);
    byte[] rawName = bytes.copy(entry + CENTRAL_BYTES, nameBytes);
    String name = name(rawName, flags, entry);
    String place = "member " + Printable.of(name);
    if ((flags & ENCRYPTED) != 0) {
      throw failure(place, "encrypted; npz arrays are not");
    }
    int method = (int) bytes.number(entry + 10, 2);
    if (method != ZipMember.STORED && method != ZipMember.DEFLATED) {
      throw failure(
          place, "compressed by method " + method + "; save it stored or deflated, as numpy does");
    }
    long[] wide = {
      bytes.number(entry + 24, 4), bytes.number(entry + 20, 4), bytes.number(entry + 42, 4)
    };
    widen(wide, entry + CENTRAL_BYTES + nameBytes, extraBytes, place);
    if (bytes.number(entry + 34, 2) != 0) {
      throw failure(place, "zip archives in several parts cannot be read");
    }
    long crc = bytes.number(entry + 16, 4);
    long dataStart = dataStart(wide, crc, entry, rawName, place);
    ZipMember member = new ZipMember(name, method, crc, wide[1], wide[0], wide[2], dataStart);
    requirePlausible(member, place);
    return member;
  }

  private void requirePlausible(ZipMember member, String place) {
    if (member.storedSize() > directoryStart - member.dataStart()) {
      throw failure(
          place,
          "should end at byte %d, within or after the directory; the file is damaged, get it again"
              .formatted(member.dataEnd()));
    }
    if (member.method() == ZipMember.STORED && member.storedSize() != member.size()) {
      throw failure(
          place,
          "stored, yet %d bytes should become %d".formatted(member.storedSize(), member.size()));
    }
    // Deflate makes at most 1,032 bytes of one: length 258 by two codes of one bit.
    if (member.size() / 1032 > member.storedSize()) {
      throw failure(
          place, "%d bytes cannot be deflated to %d".formatted(member.size(), member.storedSize()));
    }
  }

  /**
   * 4.3.7, the local header: must repeat name and method, and size and CRC unless they follow the
   * data.
   */
  private long dataStart(long[] wide, long crc, long entry, byte[] rawName, String place) {
    long local = wide[2];
    if (local > directoryStart - LOCAL_BYTES || bytes.number(local, 4) != LOCAL) {
      throw failure(place, "its header is not at byte " + local);
    }
    int nameBytes = (int) bytes.number(local + 26, 2);
    int extraBytes = (int) bytes.number(local + 28, 2);
    requireRoom(local, LOCAL_BYTES + nameBytes + extraBytes, directoryStart);
    boolean same =
        Arrays.equals(rawName, bytes.copy(local + LOCAL_BYTES, nameBytes))
            && bytes.number(local + 6, 4) == bytes.number(entry + 8, 4);
    if (same && (bytes.number(local + 6, 2) & SIZES_FOLLOW) == 0) {
      long[] sizes = {bytes.number(local + 22, 4), bytes.number(local + 18, 4), 0};
      widen(sizes, local + LOCAL_BYTES + nameBytes, extraBytes, place);
      same = crc == bytes.number(local + 14, 4) && sizes[0] == wide[0] && sizes[1] == wide[1];
    }
    if (!same) {
      throw failure(place, "its header and the zip directory disagree; the file is damaged");
    }
    return local + LOCAL_BYTES + nameBytes + extraBytes;
  }

  /**
   * 4.5.3, the zip64 extra field: has, in this order, those of size, stored size and header offset
   * that 32 bits could not hold.
   */
  private void widen(long[] wide, long extraStart, int extraBytes, String place) {
    long field = extraStart;
    long extraEnd = extraStart + extraBytes;
    while (extraEnd - field >= 4) {
      int length = (int) bytes.number(field + 2, 2);
      if (length > extraEnd - field - 4) {
        throw failure(place, "an extra field is longer than the room for it");
      }
      if (bytes.number(field, 2) == 1) {
        long value = field + 4;
        for (int i = 0; i < wide.length; i++) {
          if (wide[i] == UNSET && value + 8 <= field + 4 + length) {
            wide[i] = bytes.number(value, 8);
            value += 8;
          }
        }
        break;
      }
      field += 4 + length;
    }
    for (long value : wide) {
      if (value < 0) {
        throw failure(place, "a size beyond 2^63");
      }
    }
  }

  private String name(byte[] raw, int flags, long entry) {
    boolean ascii = true;
    for (byte b : raw) {
      ascii &= b >= 0;
    }
    try {
      if (ascii || (flags & UTF_8) != 0) {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
      }
    } catch (CharacterCodingException e) {
      throw failure("byte " + entry, "the name of this member is not valid UTF-8");
    }
    throw failure("byte " + entry, "the name of this member is in an unknown encoding");
  }

  private void requireRoom(long start, int byteCount, long limit) {
    if (start > limit - byteCount) {
      throw failure("byte " + start, "a zip header is cut short");
    }
  }

  private MalformedFileException failure(String place, String reason) {
    return new MalformedFileException(bytes.origin(), place, reason);
  }
}
