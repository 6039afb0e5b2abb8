package loupe.golden.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What came of comparing the values of one fact. */
final class Findings {
  private final List<String> wrong = new ArrayList<>();
  private final List<String> left = new ArrayList<>();
  private int compared;
  private double used;

  /** A number that may be off by a tolerance. */
  void close(String what, double expected, double actual, Tolerance tolerance) {
    compared++;
    double share = tolerance.used(expected, actual);
    if (share <= 1) {
      used = Math.max(used, share);
    } else {
      wrong.add("%s is %s, published %s (%s)".formatted(what, actual, expected, tolerance));
    }
  }

  /** Numbers one after another. */
  void close(String what, double[] expected, double[] actual, Tolerance tolerance) {
    equal("number of " + what, expected.length, actual.length);
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      close(what + "[" + i + "]", expected[i], actual[i], tolerance);
    }
  }

  /** A value that must be the published one. */
  void equal(String what, Object expected, Object actual) {
    compared++;
    if (!Objects.equals(expected, actual)) {
      wrong.add(what + " is " + shown(actual) + ", published " + shown(expected));
    }
  }

  /** A statement that must hold. */
  void holds(String what, boolean truth, String otherwise) {
    compared++;
    if (!truth) {
      wrong.add(what + ": " + otherwise);
    }
  }

  /** Says what part of the fact was left out, and why. */
  void leaveOut(String what) {
    left.add(what);
  }

  private static String shown(Object value) {
    String text = value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
    String plain = text.replace("\n", "\\n");
    return plain.length() > 120 ? plain.substring(0, 120) + "..." : plain;
  }

  Outcome outcome(Fact fact) {
    String more = left.isEmpty() ? "" : "; left out: " + String.join(", ", left);
    if (!wrong.isEmpty()) {
      String first = String.join("; ", wrong.subList(0, Math.min(3, wrong.size())));
      String rest = wrong.size() > 3 ? "; and " + (wrong.size() - 3) + " more" : "";
      return new Outcome(fact, Outcome.Status.FAIL, compared, first + rest + more);
    }
    if (compared == 0) {
      return new Outcome(
          fact, Outcome.Status.NOT_APPLICABLE, 0, "nothing of it can be checked" + more);
    }
    String words =
        "%d value%s, the worst at %.0f %% of its tolerance"
            .formatted(compared, compared == 1 ? "" : "s", 100 * used);
    return new Outcome(fact, Outcome.Status.PASS, compared, words + more);
  }
}
