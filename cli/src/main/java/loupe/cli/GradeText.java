package loupe.cli;

import java.util.Arrays;
import java.util.Locale;
import loupe.golden.check.Bias;
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
    return grade.verdict() == Verdict.IMPLAUSIBLE
        ? sentence(grade)
        : grade.undecided() + " elements are undecidable";
  }

  /** Why a tensor is bad, or implausible. */
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
    String limit =
        grade.verdict() == Verdict.IMPLAUSIBLE
            ? "and programs that round so stay within "
            : "within ";
    return "%s at %s is %s; from its own inputs follows %s, %s%s"
        .formatted(
            name,
            Arrays.toString(worst.index()),
            worst.theirs(),
            worst.ours(),
            limit,
            number(worst.bound()));
  }

  /** What many elements have in common. */
  static String sentence(Bias bias) {
    String where =
        bias.axis() < 0 ? "" : " at index %d of axis %d".formatted(bias.index(), bias.axis());
    return "%d of %d deviating values%s are %s; factor %.6f, chance %.0e at most"
        .formatted(
            bias.agreeing(),
            bias.deviating(),
            where,
            bias.direction().text(),
            bias.factor(),
            bias.chance());
  }

  /** An error in units of the largest absolute value of the tensor. */
  static String relative(double error, double scale) {
    return Double.isNaN(error) ? "-" : number(error == 0 ? 0 : error / scale);
  }

  /** Two digits. */
  static String number(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2g", value);
  }
}
