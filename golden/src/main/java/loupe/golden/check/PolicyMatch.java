package loupe.golden.check;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How well a dump follows a rounding policy, step by step.
 *
 * @param policy its name
 * @param equal number of elements that are to the bit what the policy gives from the port's inputs
 * @param elements number of elements that count
 * @param departs the first tensor that no program of this policy has; empty if there is none
 */
public record PolicyMatch(String policy, long equal, long elements, Optional<String> departs) {
  /** The share of elements that are equal. */
  public double fraction() {
    return elements == 0 ? 0 : (double) equal / elements;
  }

  static PolicyMatch of(Report report) {
    long equal = report.tensors().stream().mapToLong(TensorGrade::equal).sum();
    long elements = report.tensors().stream().mapToLong(TensorGrade::elements).sum();
    return new PolicyMatch(
        report.candidate().contract().name(),
        equal,
        elements,
        report.firstDivergence().map(TensorGrade::name));
  }

  /** Those from which nothing departs first, then by the share of equal elements. */
  static List<PolicyMatch> ranked(List<PolicyMatch> matches) {
    Comparator<PolicyMatch> order =
        Comparator.<PolicyMatch, Boolean>comparing(match -> match.departs().isPresent())
            .thenComparing(match -> -match.fraction());
    return matches.stream().sorted(order).toList();
  }

  /** All of them as JSON, in this order. */
  public static JsonArray json(List<PolicyMatch> matches) {
    JsonArray array = new JsonArray();
    for (PolicyMatch match : matches) {
      JsonObject object = new JsonObject();
      object.addProperty("policy", match.policy());
      object.addProperty("equal", match.equal());
      object.addProperty("elements", match.elements());
      object.addProperty("fraction", match.fraction());
      object.addProperty("departs", match.departs().orElse(null));
      array.add(object);
    }
    return array;
  }
}
