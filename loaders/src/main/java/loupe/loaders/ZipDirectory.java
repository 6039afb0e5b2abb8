package loupe.loaders;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loupe.reference.MalformedFileException;

/**
 * Finds the members of a zip archive, and trusts nothing: the central directory must fill its
 * place, agree with the header of each member, and no two members may share bytes. Names may be
 * there twice; that is for the caller to judge. Format: PKWARE APPNOTE.TXT 6.3, sections 4.3 to
 * 4.5; the numbers of its sections are given below.
 */
final class ZipDirectory {
  private static final long END = 0x06054b50L;
  private static final int END_BYTES = 22;
  private static final long END64 = 0x06064b50L;
  private static final int END64_BYTES = 56;
  private static final long LOCATOR = 0x07064b50L;
  private static final int LOCATOR_BYTES = 20;
  private static final int LONGEST_COMMENT = 0xffff;

  private final Bytes bytes;

  /** Where the directory lies, and how many members it lists. */
  private record Extent(long start, long end, long count) {}

  private ZipDirectory(Bytes bytes) {
    this.bytes = bytes;
  }

  /**
   * All members, in the order of the directory.
   *
   * @throws MalformedFileException if anything is inconsistent, encrypted or compressed otherwise
   *     than by deflate
   */
  static List<ZipMember> read(Bytes bytes) {
    return new ZipDirectory(bytes).members();
  }

  private List<ZipMember> members() {
    Extent extent = extent();
    if (extent.count() > (extent.end() - extent.start()) / ZipEntryReader.CENTRAL_BYTES) {
      throw failure(
          extent.start(), "the directory is too short for " + extent.count() + " members");
    }
    ZipEntryReader reader = new ZipEntryReader(bytes, extent.start(), extent.end());
    List<ZipMember> members = new ArrayList<>();
    for (long i = 0; i < extent.count(); i++) {
      members.add(reader.next());
    }
    if (reader.position() != extent.end()) {
      throw failure(reader.position(), "bytes after the last member of the directory");
    }
    requireApart(members);
    return members;
  }

  /** 4.3.16, the end of central directory record; its comment reaches to the end of the file. */
  private Extent extent() {
    long first = Math.max(0, bytes.size() - END_BYTES - LONGEST_COMMENT);
    for (long at = bytes.size() - END_BYTES; at >= first; at--) {
      if (bytes.byteAt(at) == 'P'
          && bytes.number(at, 4) == END
          && bytes.number(at + 20, 2) == bytes.size() - at - END_BYTES) {
        return extent(at);
      }
    }
    throw failure(
        bytes.size(), "no zip directory at the end: not an npz file, or cut short; get it again");
  }

  private Extent extent(long at) {
    long count = bytes.number(at + 10, 2);
    long size = bytes.number(at + 12, 4);
    long start = bytes.number(at + 16, 4);
    boolean located = at >= LOCATOR_BYTES && bytes.number(at - LOCATOR_BYTES, 4) == LOCATOR;
    Extent extent;
    if (located) {
      extent = extent64(at - LOCATOR_BYTES);
      boolean agrees =
          agrees(count, 0xffffL, extent.count())
              && agrees(size, 0xffffffffL, extent.end() - extent.start())
              && agrees(start, 0xffffffffL, extent.start());
      if (!agrees) {
        throw failure(at, "the two ends of the zip directory disagree");
      }
    } else {
      if (start + size != at) {
        throw failure(at, "the zip directory is not where its end says");
      }
      extent = new Extent(start, at, count);
    }
    if (bytes.number(at + 4, 4) != 0 || bytes.number(at + 8, 2) != count) {
      throw failure(at, "zip archives in several parts cannot be read");
    }
    return extent;
  }

  private static boolean agrees(long value, long unset, long wide) {
    return value == unset || value == wide;
  }

  /** 4.3.15 and 4.3.14, the zip64 locator and end of central directory record. */
  private Extent extent64(long locator) {
    long at = bytes.number(locator + 8, 8);
    boolean fits = at >= 0 && at <= locator - END64_BYTES && bytes.number(at, 4) == END64;
    if (!fits || bytes.number(at + 4, 8) != locator - at - 12) {
      throw failure(locator, "the zip64 end of the directory is not where it should be");
    }
    long count = bytes.number(at + 32, 8);
    long size = bytes.number(at + 40, 8);
    long start = bytes.number(at + 48, 8);
    if (start < 0 || start > at || size != at - start || count < 0) {
      throw failure(at, "the zip directory is not where its zip64 end says");
    }
    boolean single =
        bytes.number(locator + 4, 4) == 0
            && bytes.number(locator + 16, 4) <= 1
            && bytes.number(at + 16, 8) == 0
            && bytes.number(at + 24, 8) == count;
    if (!single) {
      throw failure(at, "zip archives in several parts cannot be read");
    }
    return new Extent(start, at, count);
  }

  /** Members that share bytes are how a small archive pretends to hold a large one. */
  private void requireApart(List<ZipMember> members) {
    List<ZipMember> sorted = new ArrayList<>(members);
    sorted.sort(Comparator.comparingLong(ZipMember::headerStart));
    long end = 0;
    for (ZipMember member : sorted) {
      if (member.headerStart() < end) {
        throw member.failure(bytes, "overlaps another at byte " + member.headerStart());
      }
      end = member.dataEnd();
    }
  }

  private MalformedFileException failure(long at, String reason) {
    return new MalformedFileException(bytes.origin(), "byte " + at, reason);
  }
}
