package loupe.cli;

import java.util.Arrays;
import java.util.Locale;
import loupe.golden.check.Bias;
import loupe.golden.check.Measured;
import loupe.golden.check.MeasuredLimit;
import loupe.golden.check.PolicyMatch;
import loupe.golden.check.Report;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;

/** What reports of every form say of a tensor, in words. */
final class GradeText {
  private GradeText() {}

  /** How many tensors there are of each verdict. */
  static String counts(Report report) {
    StringBuilder counts = new StringBuilder();
    for (Verdict verdict : Verdict.values()) {
      long count = count(report, verdict);
      boolean isRare = verdict == Verdict.PLAUSIBLE || verdict == Verdict.IMPLAUSIBLE;
      if (count > 0 || !isRare) {
        counts.append(counts.isEmpty() ? "" : ", ").append(count).append(' ');
        counts.append(verdict.text());
      }
    }
    return "%d tensors compared as %s: %s"
        .formatted(report.tensors().size(), report.candidate().contract().name(), counts);
  }

  private static long count(Report report, Verdict verdict) {
    return report.tensors().stream().filter(grade -> grade.verdict() == verdict).count();
  }

  /** What is open about a tensor that is neither right nor wrong. */
  static String open(TensorGrade grade) {
    return grade
        .measured()
        .map(measured -> "right programs are as far apart as its numbers are large")
        .orElse(grade.undecided() + " elements are undecidable");
  }

  /** Why a tensor is bad. */
  static String sentence(TensorGrade grade) {
    String name = VisibleText.of(grade.name());
    if (grade.worst().isEmpty()) {
      return name
          + " has shape "
          + Arrays.toString(grade.theirShape())
          + " instead of "
          + Arrays.toString(grade.shape());
    }
    TensorGrade.Worst worst = grade.worst().get();
    if (grade.verdict() == Verdict.BIASED) {
      return name + " is within its bounds, but " + sentence(grade.bias().orElseThrow());
    }
    String element =
        "%s at %s is %s; from its own inputs follows %s"
            .formatted(name, Arrays.toString(worst.index()), worst.theirs(), worst.ours());
    return grade.verdict() == Verdict.IMPLAUSIBLE && grade.measured().isPresent()
        ? element + ". " + sentence(grade.measured().get())
        : element + ", within " + number(worst.bound());
  }

  /** Why a tensor after a long step is implausible. */
  private static String sentence(Measured measured) {
    String size =
        measured.where().startsWith("the ")
            ? "Its largest error is "
            : "The root mean square error of " + measured.where() + " is ";
    String limit = number(measured.limit());
    int programs = measured.by().programs();
    return size
        + number(measured.size())
        + (programs == 0
            ? "; a program of this policy stays below " + limit
            : "; right programs, of which %d were run, stay below %s but for a chance of %.0e"
                .formatted(programs, limit, MeasuredLimit.CHANCE))
        + ". Measured, not proven";
  }

  /** What many elements have in common. */
  static String sentence(Bias bias) {
    String where =
        bias.axis() < 0 ? "" : " at index %d of axis %d".formatted(bias.index(), bias.axis());
    // Below what a double holds it would print as 0, which is no chance.
    double chance = Math.max(bias.chance(), Double.MIN_NORMAL);
    return "%d of %d deviating values%s are %s; factor %.6f, chance %.0e at most"
        .formatted(
            bias.agreeing(),
            bias.deviating(),
            where,
            bias.direction().text(),
            bias.factor(),
            chance);
  }

  /** An error in units of the largest absolute value of the tensor. */
  static String relative(double error, double scale) {
    return Double.isNaN(error) ? "-" : number(error == 0 ? 0 : error / scale);
  }

  /** The share of a policy's numbers that are equal: 100 only where all are. */
  static String share(PolicyMatch match) {
    return String.format(Locale.ROOT, "%.2f %%", Math.floor(1e4 * match.fraction()) / 100);
  }

  /** Two digits. */
  static String number(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2g", value);
  }
}
