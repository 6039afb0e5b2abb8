package loupe.golden.facts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.loaders.JsonObject;

/** Lists of numbers in facts. */
final class Numbers {
  private Numbers() {}

  static int[] ints(JsonObject json, String key) {
    return Arrays.stream(json.longs(key)).mapToInt(Math::toIntExact).toArray();
  }

  /** The numbers of an array, integers or fractions. */
  static double[] doubles(JsonObject json, String key) {
    return doubles(json, key, json.list(key));
  }

  /** The lists of numbers in an array. */
  static List<double[]> rows(JsonObject json, String key) {
    List<double[]> rows = new ArrayList<>();
    for (Object row : json.list(key)) {
      if (!(row instanceof List<?> list)) {
        throw json.failure(key, "must be an array of arrays of numbers");
      }
      rows.add(doubles(json, key, list));
    }
    return rows;
  }

  private static double[] doubles(JsonObject json, String key, List<?> list) {
    double[] out = new double[list.size()];
    for (int i = 0; i < out.length; i++) {
      if (!(list.get(i) instanceof Number number)) {
        throw json.failure(key, "must hold numbers only");
      }
      out[i] = number.doubleValue();
    }
    return out;
  }
}
