package loupe.golden.oracle;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.golden.check.Candidate;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.reference.Workers;

/**
 * Whether a program samples from the right ids with the right probabilities. Temperature and
 * softmax have proven bounds; from these follows which ids a right program may keep: where the sum
 * of probabilities comes as near to top-p as its bound, it may keep one more or less, and ids whose
 * scaled logits it cannot tell apart may change places. Equal logits may not: the lowest id is
 * first.
 */
final class Sampled {
  static final String OPERATION = "sampling_distribution";

  private final double[] logits;
  private final BoundedTensor all;
  private final Integer[] order;
  private final int kept;
  private final double topP;
  private final double unit;

  /** Unit roundoff of sums, and of what the program holds. */
  private final double fine;

  /**
   * What is right.
   *
   * @param in the request's arguments
   * @param candidate how the program computes
   */
  Sampled(Arguments in, Candidate candidate) {
    this.logits = in.float64("logits").toDoubles();
    int n = logits.length;
    Bounded bounded = new Bounded(candidate.contract(), Workers.of(1));
    Tensor scaled =
        bounded.scale(BoundedTensor.exact(logits.clone(), 1, n), 1 / in.number("temperature", 1));
    this.all =
        (BoundedTensor)
            bounded.softmax(scaled.reshape(1, 1, n), new Span(n - 1, 1, Span.UNLIMITED));
    this.order =
        IntStream.range(0, n)
            .boxed()
            // + 0.0 makes -0 a 0, with which it ties; the sort is stable.
            .sorted((a, b) -> Double.compare(logits[b] + 0.0, logits[a] + 0.0))
            .toArray(Integer[]::new);
    int topK = in.integer("top_k", 0);
    this.kept = topK == 0 ? n : Math.min(n, topK);
    this.topP = in.number("top_p", 1);
    this.unit = candidate.contract().storage().unitRoundoff();
    this.fine = candidate.contract().accumulation().unitRoundoff();
  }

  /** Grades an answer: ids and their probabilities. */
  InquiryGrade grade(int[] ids, double[] probabilities) {
    if (ids.length != probabilities.length || ids.length == 0 || ids.length > kept) {
      return InquiryGrade.wrong(
          "%d ids and %d probabilities where %d can be kept"
              .formatted(ids.length, probabilities.length, kept));
    }
    if (Arrays.stream(ids).anyMatch(id -> id < 0 || id >= logits.length)
        || Arrays.stream(ids).distinct().count() < ids.length) {
      return InquiryGrade.wrong("ids has an id twice, or one that does not exist");
    }
    int exact = nucleus();
    if (!mayKeep(ids.length)) {
      return InquiryGrade.wrong(
          "%d ids are kept, and %d reach top_p %s".formatted(ids.length, exact, topP));
    }
    boolean isUndecided = ids.length != exact;
    for (int i = 0; i < ids.length; i++) {
      int id = order[i];
      if (ids[i] != id) {
        boolean isTie = logits[ids[i]] == logits[id];
        double apart = Math.abs(all.get(ids[i]) - all.get(id));
        if (isTie || apart > all.radii()[ids[i]] + all.radii()[id]) {
          return InquiryGrade.wrong("ids[%d] is %d instead of %d".formatted(i, ids[i], id));
        }
        isUndecided = true;
      }
    }
    return probabilities(ids, probabilities, isUndecided);
  }

  /** How many reach top-p in float64. */
  private int nucleus() {
    double whole = sum(kept, all.values());
    for (int count = 1; count < kept && topP < 1; count++) {
      if (sum(count, all.values()) / whole >= topP) {
        return count;
      }
    }
    return kept;
  }

  private boolean mayKeep(int count) {
    if (topP >= 1) {
      return count == kept;
    }
    boolean reaches = count == kept || share(count) + shareError(count) >= topP;
    return reaches && (count == 1 || share(count - 1) - shareError(count - 1) < topP);
  }

  private double share(int count) {
    return sum(count, all.values()) / sum(kept, all.values());
  }

  private double shareError(int count) {
    double whole = sum(kept, all.values());
    double inherited = sum(count, all.radii()) + share(count) * sum(kept, all.radii());
    return inherited / whole + roundings();
  }

  /** Relative error of sums, divisions and of what is stored. */
  private double roundings() {
    return 2 * (kept + 4) * fine + 4 * unit;
  }

  private double sum(int count, double[] of) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += of[order[i]];
    }
    return sum;
  }

  private InquiryGrade probabilities(int[] ids, double[] theirs, boolean isUndecided) {
    double whole = 0;
    double error = 0;
    for (int id : ids) {
      whole += all.get(id);
      error += all.radii()[id];
    }
    double worst = 0;
    for (int i = 0; i < ids.length; i++) {
      double p = all.get(ids[i]) / whole;
      double bound = (all.radii()[ids[i]] + p * error) / whole + p * roundings() + Float.MIN_NORMAL;
      double off = Math.abs(theirs[i] - p);
      if (!(off <= bound)) {
        return InquiryGrade.wrong(
            "probabilities[%d] of id %d is %s; it is %s, within %.2g"
                .formatted(i, ids[i], theirs[i], p, bound));
      }
      worst = Math.max(worst, off / bound);
    }
    return new InquiryGrade(Optional.empty(), isUndecided, worst);
  }
}
