package loupe.golden.facts;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.loaders.JsonObject;

/**
 * What the words of a {@code tolerance_hint} mean. Those of the published facts are told one by one
 * in the resource {@code facts/hints.json}; others must read {@code exact}, {@code abs 1e-3},
 * {@code rel 2 percent}, or both of the last. A fact may say it in numbers instead, as {@code
 * "tolerance": {"value": {"abs": 0.001, "rel": 0.02}}}.
 */
final class Hints {
  private static final String NUMBER = "([0-9]+(?:\\.[0-9]+)?(?:e-?[0-9]+)?)";
  private static final Pattern ABS = Pattern.compile("\\b(?:abs|atol) " + NUMBER);
  private static final Pattern REL = Pattern.compile("\\brel " + NUMBER + "( percent)?");

  private final JsonObject known;

  Hints(JsonObject known) {
    this.known = known;
  }

  Tolerances tolerances(JsonObject fact) {
    String file = fact.file() + ": " + fact.path();
    if (fact.has("tolerance")) {
      return new Tolerances(file, parts(fact.object("tolerance")));
    }
    String hint = fact.optionalString("tolerance_hint").orElse("n/a");
    if (known.has(hint)) {
      return new Tolerances(file, parts(known.object(hint)));
    }
    Matcher abs = ABS.matcher(hint);
    Matcher rel = REL.matcher(hint);
    boolean hasAbs = abs.find();
    boolean hasRel = rel.find();
    if (!hasAbs && !hasRel && !hint.startsWith("exact")) {
      throw fact.failure(
          "tolerance_hint", "says no tolerance: write exact, abs 1e-3, rel 1e-3, or use tolerance");
    }
    double relative =
        hasRel ? Double.parseDouble(rel.group(1)) / (rel.group(2) == null ? 1 : 100) : 0;
    return new Tolerances(
        file,
        Map.of("value", new Tolerance(hasAbs ? Double.parseDouble(abs.group(1)) : 0, relative, 0)));
  }

  private static Map<String, Tolerance> parts(JsonObject json) {
    Map<String, Tolerance> parts = new LinkedHashMap<>();
    for (String name : json.fields().keySet()) {
      JsonObject part = json.object(name);
      part.allowOnly("abs", "rel", "floor");
      parts.put(
          name,
          new Tolerance(
              part.optionalNumber("abs").orElse(0.0),
              part.optionalNumber("rel").orElse(0.0),
              part.optionalNumber("floor").orElse(0.0)));
    }
    return parts;
  }
}
