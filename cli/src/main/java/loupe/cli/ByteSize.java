package loupe.cli;

import java.util.Locale;

/** Numbers of bytes for people. */
final class ByteSize {
  private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB"};

  private ByteSize() {}

  /** Three digits and a unit by thousands: {@code 5.23 GB}. */
  static String text(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS[unit]);
  }
}
