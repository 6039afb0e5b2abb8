package loupe.golden.quirk;

import java.util.Map;
import java.util.function.Function;
import loupe.reference.Tensor;

/** Metrics that carry the right name and another number. */
final class MetricQuirks {
  private MetricQuirks() {}

  /**
   * What a metric is computed from. Rows include that of {@code <bos>}, the first.
   *
   * @param features {@code [pos, d_sae]}
   * @param target {@code [pos, d_out]}
   * @param reconstruction {@code [pos, d_out]}
   */
  record Rows(Tensor features, Tensor target, Tensor reconstruction) {
    int count() {
      return features.dim(0);
    }

    int width() {
      return reconstruction.dim(1);
    }

    double error(int row) {
      double sum = 0;
      for (int i = row * width(); i < (row + 1) * width(); i++) {
        double e = target.get(i) - reconstruction.get(i);
        sum += e * e;
      }
      return sum;
    }

    /** Mean of one dimension over the rows from {@code first} on. */
    double mean(int dimension, int first) {
      double sum = 0;
      for (int row = first; row < count(); row++) {
        sum += target.get(row * width() + dimension);
      }
      return sum / (count() - first);
    }

    double spread(int row, Function<Integer, Double> mean) {
      double sum = 0;
      for (int d = 0; d < width(); d++) {
        double e = target.get(row * width() + d) - mean.apply(d);
        sum += e * e;
      }
      return sum;
    }

    double sum(int first, Function<Integer, Double> ofRow) {
      double sum = 0;
      for (int row = first; row < count(); row++) {
        sum += ofRow.apply(row);
      }
      return sum;
    }
  }

  /**
   * A metric with a bug.
   *
   * @param name which: {@code l0}, {@code fvu}
   * @param value its wrong value
   */
  record Metric(String name, Function<Rows, Double> value) {}

  static void addTo(Map<String, Metric> zoo) {
    zoo.put("l0-counts-above-one", new Metric("l0", rows -> l0(rows, 1, 1)));
    zoo.put("l0-with-bos", new Metric("l0", rows -> l0(rows, 0, 0)));
    zoo.put("fvu-with-bos", new Metric("fvu", rows -> fvu(rows, 0)));
    zoo.put(
        "fvu-about-one-mean",
        new Metric(
            "fvu",
            rows -> {
              double mean = 0;
              for (int d = 0; d < rows.width(); d++) {
                mean += rows.mean(d, 1) / rows.width();
              }
              double all = mean;
              return rows.sum(1, rows::error) / rows.sum(1, row -> rows.spread(row, d -> all));
            }));
    zoo.put("fvu-squares-before-averaging", new Metric("fvu", MetricQuirks::squaresFirst));
    zoo.put(
        "fvu-mean-of-ratios",
        new Metric(
            "fvu",
            rows ->
                rows.sum(1, row -> rows.error(row) / rows.spread(row, d -> rows.mean(d, 1)))
                    / (rows.count() - 1)));
  }

  private static double l0(Rows rows, double above, int first) {
    long active = 0;
    int width = rows.features.dim(1);
    for (int i = first * width; i < rows.features.size(); i++) {
      active += rows.features.get(i) > above ? 1 : 0;
    }
    return (double) active / (rows.count() - first);
  }

  private static double fvu(Rows rows, int first) {
    return rows.sum(first, rows::error)
        / rows.sum(first, row -> rows.spread(row, d -> rows.mean(d, first)));
  }

  /** SAELens and SAEBench: 1 - r / (S - (S / d)^2). */
  private static double squaresFirst(Rows rows) {
    int count = rows.count() - 1;
    double square = rows.sum(1, row -> rows.spread(row, d -> 0.0)) / count;
    double mean = square / rows.width();
    return rows.sum(1, rows::error) / count / (square - mean * mean);
  }
}
