package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Builds zip archives that may lie: every field can be set to something else than the truth. */
final class ZipBuilder {
  /** One member, honest until a field is changed. */
  static final class Member {
    byte[] name;
    byte[] localName;
    byte[] data;
    int flags;
    int localFlags;
    int method;
    int localMethod;
    long crc;
    long localCrc;
    long size;
    long localSize;
    long storedSize;
    long localStoredSize;
    byte[] extra = {};
    byte[] localExtra = {};
    int localSignature = 0x04034b50;
    int signature = 0x02014b50;
    int disk;
    Long headerStart;

    Member(String name, byte[] contents, int method) {
      this.name = name.getBytes(StandardCharsets.UTF_8);
      this.localName = this.name;
      this.method = method;
      this.localMethod = method;
      this.data = method == ZipMember.DEFLATED ? deflated(contents) : contents;
      CRC32 sum = new CRC32();
      sum.update(contents);
      this.crc = sum.getValue();
      this.localCrc = crc;
      this.size = contents.length;
      this.localSize = size;
      this.storedSize = data.length;
      this.localStoredSize = storedSize;
    }

    void method(int both) {
      method = both;
      localMethod = both;
    }

    void flags(int both) {
      flags = both;
      localFlags = both;
    }

    void crc(long both) {
      crc = both;
      localCrc = both;
    }

    void size(long both) {
      size = both;
      localSize = both;
    }

    void storedSize(long both) {
      storedSize = both;
      localStoredSize = both;
    }
  }

  int count = -1;
  int countHere = -1;
  int disk;
  long directorySize = -1;
  long directoryStart = -1;
  byte[] beforeDirectory = {};
  byte[] afterDirectory = {};
  byte[] comment = {};
  int commentLength = -1;

  static byte[] deflated(byte[] contents) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(contents);
    deflater.finish();
    byte[] out = new byte[contents.length + 100];
    int length = deflater.deflate(out);
    deflater.end();
    return java.util.Arrays.copyOf(out, length);
  }

  /** A zip64 extra field with these numbers. */
  static byte[] zip64(long... numbers) {
    ByteBuffer out = allocate(4 + 8 * numbers.length);
    out.putShort((short) 1).putShort((short) (8 * numbers.length));
    for (long number : numbers) {
      out.putLong(number);
    }
    return out.array();
  }

  static ByteBuffer allocate(int byteCount) {
    return ByteBuffer.allocate(byteCount).order(ByteOrder.LITTLE_ENDIAN);
  }

  byte[] build(Member... members) {
    List<byte[]> parts = new ArrayList<>();
    long[] starts = new long[members.length];
    long at = 0;
    for (int i = 0; i < members.length; i++) {
      starts[i] = at;
      parts.add(local(members[i]));
      parts.add(members[i].data);
      at += parts.get(2 * i).length + members[i].data.length;
    }
    parts.add(beforeDirectory);
    at += beforeDirectory.length;
    long start = at;
    for (int i = 0; i < members.length; i++) {
      Member m = members[i];
      parts.add(central(m, m.headerStart == null ? starts[i] : m.headerStart));
      at += parts.get(parts.size() - 1).length;
    }
    long size = at - start;
    parts.add(afterDirectory);
    int all = count < 0 ? members.length : count;
    ByteBuffer end = allocate(22 + comment.length);
    end.putInt(0x06054b50).putShort((short) disk).putShort((short) disk);
    end.putShort((short) (countHere < 0 ? all : countHere)).putShort((short) all);
    end.putInt((int) (directorySize < 0 ? size : directorySize));
    end.putInt((int) (directoryStart < 0 ? start : directoryStart));
    end.putShort((short) (commentLength < 0 ? comment.length : commentLength)).put(comment);
    parts.add(end.array());
    return TestFiles.joined(parts.toArray(new byte[0][]));
  }

  private static byte[] local(Member m) {
    ByteBuffer out = allocate(30 + m.localName.length + m.localExtra.length);
    out.putInt(m.localSignature).putShort((short) 20).putShort((short) m.localFlags);
    out.putShort((short) m.localMethod).putInt(0x00210000).putInt((int) m.localCrc);
    out.putInt((int) m.localStoredSize).putInt((int) m.localSize);
    out.putShort((short) m.localName.length).putShort((short) m.localExtra.length);
    return out.put(m.localName).put(m.localExtra).array();
  }

  private static byte[] central(Member m, long headerStart) {
    ByteBuffer out = allocate(46 + m.name.length + m.extra.length);
    out.putInt(m.signature).putShort((short) 20).putShort((short) 20);
    out.putShort((short) m.flags).putShort((short) m.method).putInt(0x00210000);
    out.putInt((int) m.crc).putInt((int) m.storedSize).putInt((int) m.size);
    out.putShort((short) m.name.length).putShort((short) m.extra.length).putShort((short) 0);
    out.putShort((short) m.disk).putShort((short) 0).putInt(0).putInt((int) headerStart);
    return out.put(m.name).put(m.extra).array();
  }
}
