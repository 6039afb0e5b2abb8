package loupe.golden;

import java.util.ArrayList;
import java.util.List;
import loupe.loaders.JsonObject;

/**
 * How well a policy was found to predict its engine on one golden case: the resource {@code
 * policies/agreement.json}, which a test recomputes.
 *
 * @param goldenCase whose prompt the engine ran
 * @param free the whole pass predicted at once
 * @param steps each tensor predicted from the recorded ones before it
 */
public record PublishedAgreement(
    String goldenCase, PolicyAgreement.Count free, PolicyAgreement.Count steps) {
  private static final String FILE = "policies/agreement.json";

  /** The published numbers of a policy; none where its engine was not run. */
  public static List<PublishedAgreement> of(String policy) {
    JsonObject all = Resources.json(FILE);
    List<PublishedAgreement> published = new ArrayList<>();
    if (all.has(policy)) {
      JsonObject cases = all.object(policy);
      for (String id : cases.fields().keySet()) {
        JsonObject entry = cases.object(id);
        published.add(
            new PublishedAgreement(id, count(entry.object("free")), count(entry.object("steps"))));
      }
    }
    return published;
  }

  private static PolicyAgreement.Count count(JsonObject json) {
    return new PolicyAgreement.Count(
        json.longInteger("elements"),
        json.longInteger("equal"),
        json.longInteger("within_one_unit"),
        json.number("units"),
        json.number("rel_to_max"));
  }
}
