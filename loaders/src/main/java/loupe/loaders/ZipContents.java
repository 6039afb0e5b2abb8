package loupe.loaders;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import loupe.reference.InputException;

/** The contents of zip members, with their checksum verified. */
final class ZipContents {
  private static final int WINDOW_BYTES = 1 << Bytes.WINDOW_BITS;

  private final Bytes archive;
  private final ZipMember member;
  private final Inflater inflater;
  private long from;

  private ZipContents(Bytes archive, ZipMember member, Inflater inflater) {
    this.archive = archive;
    this.member = member;
    this.inflater = inflater;
    this.from = member.dataStart();
  }

  /** Checks the CRC-32 of a stored member, which stays where it is. */
  static void verify(Bytes archive, ZipMember member) {
    CRC32 crc = new CRC32();
    long at = member.dataStart();
    while (at < member.dataEnd()) {
      ByteBuffer part = archive.view(at, member.dataEnd() - at);
      at += part.remaining();
      crc.update(part);
    }
    requireCrc(archive, member, crc);
  }

  private static void requireCrc(Bytes archive, ZipMember member, CRC32 crc) {
    if (crc.getValue() != member.crc()) {
      throw member.failure(
          archive,
          "checksum %08x, but it should be %08x; the file is damaged, get it again"
              .formatted(crc.getValue(), member.crc()));
    }
  }

  /** Inflates a member to the heap, exactly to the size that it declares. */
  static Bytes inflate(Bytes archive, ZipMember member) {
    Inflater inflater = new Inflater(true);
    try {
      return new ZipContents(archive, member, inflater).inflate();
    } catch (DataFormatException e) {
      throw member.failure(archive, "damaged: cannot be inflated; get the file again");
    } catch (OutOfMemoryError e) {
      throw new InputException(
          "%s: member %s needs %d MB of memory to be inflated; give Java more (-Xmx), or save it uncompressed"
              .formatted(archive.origin(), Printable.of(member.name()), (member.size() >>> 20) + 1),
          e);
    } finally {
      inflater.end();
    }
  }

  private Bytes inflate() throws DataFormatException {
    CRC32 crc = new CRC32();
    ByteBuffer[] windows = new ByteBuffer[Bytes.windowCount(member.size(), Bytes.WINDOW_BITS)];
    int filled = 0;
    for (int w = 0; w < windows.length; w++) {
      long left = member.size() - (long) w * WINDOW_BYTES;
      byte[] window = new byte[(int) Math.min(left, WINDOW_BYTES + (long) Bytes.OVERLAP)];
      if (w > 0) {
        filled = Math.min(window.length, Bytes.OVERLAP);
        windows[w - 1].get(WINDOW_BYTES, window, 0, filled);
      }
      while (filled < window.length) {
        int count = next(window, filled);
        if (count == 0) {
          throw member.failure(archive, "inflates to fewer bytes than it declares");
        }
        crc.update(window, filled, count);
        filled += count;
      }
      windows[w] = ByteBuffer.wrap(window);
    }
    requireEnd();
    requireCrc(archive, member, crc);
    return Bytes.of(windows, member.size(), Bytes.WINDOW_BITS, archive.origin());
  }

  /** Inflates more bytes to {@code target} from {@code at} on: how many, 0 at the end. */
  private int next(byte[] target, int at) throws DataFormatException {
    while (true) {
      int count = inflater.inflate(target, at, target.length - at);
      if (count > 0 || inflater.finished() || from == member.dataEnd()) {
        return count;
      }
      ByteBuffer part = archive.view(from, member.dataEnd() - from);
      from += part.remaining();
      inflater.setInput(part);
    }
  }

  /** Nothing may be left, neither of the contents nor of the stored bytes. */
  private void requireEnd() throws DataFormatException {
    if (next(new byte[1], 0) != 0) {
      throw member.failure(archive, "inflates to more bytes than it declares");
    }
    if (!inflater.finished() || inflater.getBytesRead() != member.storedSize()) {
      throw member.failure(archive, "the deflated data does not end where it should");
    }
  }
}
