package loupe.loaders;

import java.util.Map;
import java.util.TreeMap;

/** Which bytes of a tensor are written: each must be, once. Ranges that meet are kept as one. */
final class WrittenRanges {
  private final String name;
  private final long byteSize;
  private final TreeMap<Long, Long> endByStart = new TreeMap<>();

  WrittenRanges(String name, long byteSize) {
    this.name = name;
    this.byteSize = byteSize;
  }

  /** Notes bytes as written. */
  void add(long from, long count) {
    if (from < 0 || count < 0 || from > byteSize - count) {
      throw new IllegalArgumentException(
          "%s: %d bytes from %d on are not within its %d".formatted(name, count, from, byteSize));
    }
    if (count == 0) {
      return;
    }
    long start = from;
    long end = from + count;
    Map.Entry<Long, Long> before = endByStart.lowerEntry(end);
    if (before != null && before.getValue() > from) {
      throw new IllegalStateException(
          "%s: bytes from %d to %d are written twice"
              .formatted(name, Math.max(from, before.getKey()), Math.min(end, before.getValue())));
    }
    if (before != null && before.getValue() == from) {
      start = before.getKey();
    }
    Long joined = endByStart.remove(end);
    endByStart.put(start, joined == null ? end : joined);
  }

  /** Throws if a byte was not written. */
  void requireComplete() {
    long first = endByStart.isEmpty() || endByStart.firstKey() > 0 ? 0 : endByStart.get(0L);
    if (first < byteSize) {
      throw new IllegalStateException(
          "%s: not written from byte %d on, of %d".formatted(name, first, byteSize));
    }
  }
}
