package loupe.loaders;

import it.unimi.dsi.fastutil.longs.Long2DoubleMap;
import it.unimi.dsi.fastutil.longs.Long2DoubleOpenHashMap;
import java.util.List;
import java.util.Locale;
import loupe.reference.DType;
import loupe.reference.MalformedFileException;
import loupe.reference.PartialTensor;

/**
 * A tensor of which a program printed some elements as decimals: nested lists in brackets, in which
 * {@code ...} stands for what lies between the first and the last.
 */
final class PrintedTensor implements PartialTensor {
  /** More than half of the last digit: the decimal was itself read with an error. */
  private static final double HALF = 0.5 * (1 + 1e-9);

  private final String file;
  private final String name;
  private final long[] shape;
  private final Long2DoubleMap values = new Long2DoubleOpenHashMap();
  private final Long2DoubleMap slacks = new Long2DoubleOpenHashMap();

  /**
   * @param shape axis lengths
   * @param text the lists, as deep as there are axes
   * @throws MalformedFileException if the text is no such lists, or more than the shape holds
   */
  PrintedTensor(String file, String name, long[] shape, String text) {
    this.file = file;
    this.name = name;
    this.shape = shape;
    try {
      FileTensor.product(shape);
    } catch (ArithmeticException e) {
      throw failure("its shape is beyond 2^63-1 elements");
    }
    take(new PrintedLists(text, this::failure).read(), 0, 0);
  }

  private MalformedFileException failure(String reason) {
    return new MalformedFileException(file, "tensor " + Printable.of(name), reason);
  }

  private void take(Object item, int axis, long before) {
    if (axis == shape.length) {
      if (!(item instanceof String number)) {
        throw failure("has more axes in print than its shape says");
      }
      put(before, number);
      return;
    }
    if (!(item instanceof List<?> list)) {
      throw failure("has fewer axes in print than its shape says");
    }
    int gap = list.indexOf(PrintedLists.GAP);
    if (gap < 0 ? list.size() != shape[axis] : list.size() - 1 > shape[axis]) {
      throw failure(
          "has %d entries on axis %d in print, and %d by its shape"
              .formatted(list.size(), axis, shape[axis]));
    }
    for (int i = 0; i < list.size(); i++) {
      if (i != gap) {
        long index = gap < 0 || i < gap ? i : shape[axis] - (list.size() - i);
        take(list.get(i), axis + 1, before * shape[axis] + index);
      }
    }
  }

  private void put(long element, String number) {
    try {
      values.put(element, value(number));
    } catch (NumberFormatException e) {
      throw failure("'" + Printable.of(number) + "' is no number");
    }
    slacks.put(element, slack(number));
  }

  private static double value(String number) {
    return switch (number.toLowerCase(Locale.ROOT)) {
      case "nan", "-nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(number);
    };
  }

  /** Half of the last digit of {@code -1.234e-05}. */
  private static double slack(String number) {
    int e = Math.max(number.indexOf('e'), number.indexOf('E'));
    String digits = e < 0 ? number : number.substring(0, e);
    int exponent = e < 0 ? 0 : Integer.parseInt(number.substring(e + 1));
    int point = digits.indexOf('.');
    int decimals = point < 0 ? 0 : digits.length() - point - 1;
    return Double.isFinite(value(number)) ? HALF * StrictMath.pow(10, exponent - decimals) : 0;
  }

  @Override
  public boolean isShown(long element) {
    return values.containsKey(element);
  }

  @Override
  public double slack(long element) {
    return slacks.getOrDefault(element, 0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return file + ": tensor " + Printable.of(name);
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = values.getOrDefault(elementOffset + i, Double.NaN);
    }
  }
}
