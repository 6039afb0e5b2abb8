package loupe.loaders;

import loupe.reference.MalformedFileException;

/**
 * One file in a zip archive, as its central directory and its own header agree.
 *
 * @param method {@link #STORED} or {@link #DEFLATED}
 * @param crc CRC-32 of the contents
 * @param storedSize bytes in the archive
 * @param size bytes of the contents
 * @param headerStart byte offset of its own header
 * @param dataStart byte offset of the stored bytes
 */
record ZipMember(
    String name,
    int method,
    long crc,
    long storedSize,
    long size,
    long headerStart,
    long dataStart) {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  /** Byte offset after the stored bytes. */
  long dataEnd() {
    return dataStart + storedSize;
  }

  /** This member's name for messages. */
  String place() {
    return "member " + Printable.of(name);
  }

  MalformedFileException failure(Bytes archive, String reason) {
    return new MalformedFileException(archive.origin(), place(), reason);
  }
}
