package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The records of a zip archive to be written: the counterpart of {@link ZipDirectory}. Zip64 fields
 * are there only where a number needs them. Sections of PKWARE APPNOTE.TXT 6.3.
 */
final class ZipFormat {
  private static final long UNSET = 0xffffffffL;
  private static final int UNSET_COUNT = 0xffff;
  private static final short PLAIN = 20;
  private static final short WITH_ZIP64 = 45;
  private static final short UTF_8 = 1 << 11;

  /** 1980-01-01, the first date of MS-DOS. */
  private static final short DATE = 1 << 5 | 1;

  private ZipFormat() {}

  /** Bytes of the local header of a member. */
  static int localSize(byte[] name, long size) {
    return 30 + name.length + (size >= UNSET ? 20 : 0);
  }

  private static short flags(byte[] name) {
    for (byte b : name) {
      if (b < 0) {
        return UTF_8;
      }
    }
    return 0;
  }

  /** 4.3.7, the local header. */
  static ByteBuffer local(ZipMember member, byte[] name) {
    boolean wide = member.size() >= UNSET;
    ByteBuffer out = allocate(localSize(name, member.size()));
    out.putInt(0x04034b50).putShort(wide ? WITH_ZIP64 : PLAIN);
    common(out, member, name, wide);
    out.putShort((short) (wide ? 20 : 0)).put(name);
    if (wide) {
      out.putShort((short) 1).putShort((short) 16);
      out.putLong(member.size()).putLong(member.storedSize());
    }
    return out.flip();
  }

  /** The fields that both headers have, from flags to the length of the name. */
  private static void common(ByteBuffer out, ZipMember member, byte[] name, boolean wide) {
    out.putShort(flags(name)).putShort((short) member.method());
    out.putShort((short) 0).putShort(DATE);
    out.putInt((int) member.crc());
    out.putInt((int) (wide ? UNSET : member.storedSize()));
    out.putInt((int) (wide ? UNSET : member.size()));
    out.putShort((short) name.length);
  }

  /** The central directory and its end, to be written at byte {@code start}. */
  static ByteBuffer directory(List<ZipMember> members, long start) {
    int room = 56 + 20 + 22;
    for (ZipMember member : members) {
      room += 46 + 28 + member.name().getBytes(StandardCharsets.UTF_8).length;
    }
    ByteBuffer out = allocate(room);
    for (ZipMember member : members) {
      central(out, member);
    }
    end(out, members.size(), start);
    return out.flip();
  }

  /** 4.3.12, the central directory header. */
  private static void central(ByteBuffer out, ZipMember member) {
    byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
    boolean wide = member.size() >= UNSET;
    boolean far = member.headerStart() >= UNSET;
    int extra = (wide ? 16 : 0) + (far ? 8 : 0);
    out.putInt(0x02014b50).putShort(extra > 0 ? WITH_ZIP64 : PLAIN);
    out.putShort(extra > 0 ? WITH_ZIP64 : PLAIN);
    common(out, member, name, wide);
    out.putShort((short) (extra > 0 ? extra + 4 : 0));
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
    out.putInt((int) (far ? UNSET : member.headerStart())).put(name);
    if (extra > 0) {
      out.putShort((short) 1).putShort((short) extra);
    }
    if (wide) {
      out.putLong(member.size()).putLong(member.storedSize());
    }
    if (far) {
      out.putLong(member.headerStart());
    }
  }

  /** 4.3.14 to 4.3.16, the ends of the central directory. */
  private static void end(ByteBuffer out, int count, long start) {
    long size = out.position();
    if (start >= UNSET || size >= UNSET || count >= UNSET_COUNT) {
      out.putInt(0x06064b50).putLong(44).putShort(WITH_ZIP64).putShort(WITH_ZIP64);
      out.putInt(0).putInt(0).putLong(count).putLong(count).putLong(size).putLong(start);
      out.putInt(0x07064b50).putInt(0).putLong(start + size).putInt(1);
    }
    short shortCount = (short) Math.min(count, UNSET_COUNT);
    out.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
    out.putShort(shortCount).putShort(shortCount);
    out.putInt((int) Math.min(size, UNSET)).putInt((int) Math.min(start, UNSET));
    out.putShort((short) 0);
  }

  private static ByteBuffer allocate(int byteCount) {
    return ByteBuffer.allocate(byteCount).order(ByteOrder.LITTLE_ENDIAN);
  }
}
