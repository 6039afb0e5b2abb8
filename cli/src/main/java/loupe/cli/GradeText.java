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
    return "%d tensors compared as %s: %d bit-equal, %d inside, %d undecidable, %d biased, %d outside"
        .formatted(
            report.tensors().size(),
            report.candidate().contract().name(),
            count(report, Verdict.BIT_EQUAL),
            count(report, Verdict.INSIDE),
            count(report, Verdict.UNDECIDABLE),
            count(report, Verdict.BIASED),
            count(report, Verdict.OUTSIDE));
  }

  private static long count(Report report, Verdict verdict) {
    return report.tensors().stream().filter(grade -> grade.verdict() == verdict).count();
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
    return "%s at %s is %s; from its own inputs follows %s, within %s"
        .formatted(
            name,
            Arrays.toString(worst.index()),
            worst.theirs(),
            worst.ours(),
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
