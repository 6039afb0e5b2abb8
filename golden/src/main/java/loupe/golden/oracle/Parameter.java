package loupe.golden.oracle;

import java.util.List;

/**
 * One argument of an operation.
 *
 * @param name key in {@code args}
 * @param kind what it is
 * @param axes names of the axes of a tensor or a list; a name stands for one length in all
 *     arguments of a request. {@link #ANY} is any shape, the same for all that have it
 * @param required whether it must be there
 * @param range of a number
 * @param meaning in words, with what it is where it is left out
 */
public record Parameter(
    String name, Kind kind, List<String> axes, boolean required, Range range, String meaning) {
  /** An axis name for tensors of any shape. */
  static final String ANY = "...";

  /** What an argument is. */
  public enum Kind {
    /** A tensor of activations: exact, never rounded to the precision that is judged. */
    ACTIVATION,
    /** A tensor of weights: rounded to the precision that is judged when it is loaded. */
    WEIGHT,
    /** A list of whole numbers from 0 to 2^31 - 1. */
    IDS,
    /** A number. */
    NUMBER,
    /** A whole number. */
    INTEGER,
    /** True or false. */
    BOOL,
    /** A text. */
    TEXT,
    /** A list of texts. */
    TEXTS,
    /** A model: its name, or config, seed and knobs. */
    MODEL,
    /** An SAE: its name, or its five tensors. */
    SAE
  }

  /**
   * Bounds of a number, both included but where {@code above}.
   *
   * @param above whether {@code least} itself is excluded
   */
  record Range(double least, boolean above, double most) {
    static final Range FREE = new Range(-Double.MAX_VALUE, false, Double.MAX_VALUE);

    boolean admits(double value) {
      return value <= most && (above ? value > least : value >= least);
    }

    String text() {
      if (this == FREE) {
        return "";
      }
      String low = (above ? "above " : "at least ") + Schemas.plain(least);
      return most == Double.MAX_VALUE ? low : low + " and at most " + Schemas.plain(most);
    }
  }

  static Parameter activation(String name, String meaning, String... axes) {
    return new Parameter(name, Kind.ACTIVATION, List.of(axes), true, Range.FREE, meaning);
  }

  static Parameter weight(String name, String meaning, String... axes) {
    return new Parameter(name, Kind.WEIGHT, List.of(axes), true, Range.FREE, meaning);
  }

  static Parameter ids(String name, String meaning, String axis) {
    return new Parameter(name, Kind.IDS, List.of(axis), true, Range.FREE, meaning);
  }

  static Parameter of(Kind kind, String name, String meaning) {
    return new Parameter(name, kind, List.of(), true, Range.FREE, meaning);
  }

  /** A number above {@code least}. */
  static Parameter above(double least, String name, String meaning) {
    Range range = new Range(least, true, Double.MAX_VALUE);
    return new Parameter(name, Kind.NUMBER, List.of(), true, range, meaning);
  }

  /** A whole number of at least {@code least}. */
  static Parameter atLeast(int least, String name, String meaning) {
    Range range = new Range(least, false, Integer.MAX_VALUE);
    return new Parameter(name, Kind.INTEGER, List.of(), true, range, meaning);
  }

  Parameter within(double least, boolean above, double most) {
    return new Parameter(name, kind, axes, required, new Range(least, above, most), meaning);
  }

  Parameter optional() {
    return new Parameter(name, kind, axes, false, range, meaning);
  }

  boolean isTensor() {
    return kind == Kind.ACTIVATION || kind == Kind.WEIGHT;
  }
}
