package loupe.golden.facts;

import java.util.Map;

/**
 * The tolerances of one fact by the name of what they are for; {@code value} is for the rest.
 *
 * @param file where they stand, for messages
 * @param parts by name
 */
record Tolerances(String file, Map<String, Tolerance> parts) {
  /** sqrt(d_model), which some programs round to bfloat16. */
  static final Tolerance ROOT = new Tolerance(0, 4e-3, 0);

  Tolerance of(String part) {
    Tolerance found = parts.containsKey(part) ? parts.get(part) : parts.get("value");
    if (found == null) {
      throw new NotApplicable(
          file + ": no tolerance is given for " + part + "; add it as tolerance." + part);
    }
    return found;
  }
}
