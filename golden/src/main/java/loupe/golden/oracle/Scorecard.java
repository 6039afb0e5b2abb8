package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import loupe.golden.JsonNumbers;

/**
 * How a program did, operation by operation.
 *
 * @param seed of the requests
 * @param marks in the order of the table
 */
public record Scorecard(long seed, List<Mark> marks) {
  /**
   * How a program did at one operation.
   *
   * @param undecided cases in which two right programs may differ, and these do
   * @param worst largest distance in units of the bound; NaN where nothing was compared
   * @param skipped why it was not asked; empty where it was
   * @param firstFailure what was wrong first; empty where nothing was
   * @param failedRequest that request with the program's answer, for {@code loupe answer}; empty
   *     where nothing was wrong or nothing was answered
   */
  public record Mark(
      String operation,
      int passed,
      int failed,
      int undecided,
      double worst,
      Optional<String> skipped,
      Optional<String> firstFailure,
      Optional<String> failedRequest) {
    /** In a word. */
    public String verdict() {
      return skipped.isPresent()
          ? "skipped"
          : failed > 0 ? "fail" : undecided > 0 ? "undecidable" : "pass";
    }
  }

  /** Whether an operation failed. */
  public boolean isBad() {
    return marks.stream().anyMatch(mark -> mark.failed() > 0);
  }

  /** Number of operations that were asked for. */
  public int asked() {
    return (int) marks.stream().filter(mark -> mark.skipped().isEmpty()).count();
  }

  /** As JSON. */
  public JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("verdict", isBad() ? "fail" : "pass");
    json.addProperty("seed", seed);
    JsonArray operations = new JsonArray();
    for (Mark mark : marks) {
      JsonObject entry = new JsonObject();
      entry.addProperty("op", mark.operation());
      entry.addProperty("verdict", mark.verdict());
      entry.addProperty("passed", mark.passed());
      entry.addProperty("failed", mark.failed());
      entry.addProperty("undecidable", mark.undecided());
      entry.add("worst", JsonNumbers.orNull(mark.worst()));
      add(entry, "skipped", mark.skipped());
      add(entry, "first_failure", mark.firstFailure());
      operations.add(entry);
    }
    json.add("operations", operations);
    return json;
  }

  private static void add(JsonObject entry, String key, Optional<String> text) {
    entry.add(key, JsonNull.INSTANCE);
    text.ifPresent(value -> entry.addProperty(key, value));
  }
}
