package loupe.golden.oracle;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import loupe.loaders.StrictJson;

/**
 * Checks parsed JSON against {@link Schemas}: the keywords that stand there, and no others. A
 * library for all of JSON Schema would bring a second JSON parser with it.
 */
final class SchemaCheck {
  private final Map<?, ?> definitions;

  SchemaCheck() {
    Map<?, ?> root = (Map<?, ?>) StrictJson.parse(Schemas.text(), "schema");
    this.definitions = (Map<?, ?>) root.get("$defs");
  }

  /** What is wrong with a value, with its place; empty if nothing is. */
  Optional<String> problem(Object value, String definition) {
    return Optional.ofNullable(problem(value, definitions.get(definition), "$"));
  }

  private String problem(Object value, Object schema, String place) {
    for (Map.Entry<?, ?> rule : ((Map<?, ?>) schema).entrySet()) {
      String wrong =
          problem(value, (Map<?, ?>) schema, (String) rule.getKey(), rule.getValue(), place);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private String problem(
      Object value, Map<?, ?> schema, String keyword, Object rule, String place) {
    return switch (keyword) {
      case "description" -> null;
      case "$ref" -> problem(value, definitions.get(((String) rule).substring(8)), place);
      case "type" -> unless(isOfType(value, rule), place, "is not of type " + rule);
      case "const" -> unless(rule.equals(value), place, "is not " + rule);
      case "enum" -> unless(((List<?>) rule).contains(value), place, "is none of " + rule);
      case "minimum" -> unless(number(value) >= number(rule), place, "is below " + rule);
      case "maximum" -> unless(number(value) <= number(rule), place, "is above " + rule);
      case "exclusiveMinimum" ->
          unless(number(value) > number(rule), place, "is not above " + rule);
      case "maxLength" ->
          unless(
              !(value instanceof String text)
                  || text.codePointCount(0, text.length()) <= number(rule),
              place,
              "is too long");
      case "pattern" ->
          unless(
              Pattern.compile((String) rule).matcher((String) value).find(),
              place,
              "has a wrong form");
      case "minItems" -> unless(((List<?>) value).size() >= number(rule), place, "is too short");
      case "maxItems" -> unless(((List<?>) value).size() <= number(rule), place, "is too long");
      case "items" -> items((List<?>) value, rule, place);
      case "required" -> required((Map<?, ?>) value, (List<?>) rule, place);
      case "properties" -> properties((Map<?, ?>) value, (Map<?, ?>) rule, place);
      case "additionalProperties" -> others((Map<?, ?>) value, schema, rule, place);
      case "oneOf" -> oneOf(value, (List<?>) rule, place);
      default -> throw new IllegalStateException("no rule for the keyword " + keyword);
    };
  }

  private static String unless(boolean holds, String place, String what) {
    return holds ? null : place + " " + what;
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  private static boolean isOfType(Object value, Object type) {
    if (type instanceof List<?> types) {
      return types.stream().anyMatch(one -> isOfType(value, one));
    }
    return switch ((String) type) {
      case "object" -> value instanceof Map;
      case "array" -> value instanceof List;
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "null" -> value == null;
      case "integer" -> value instanceof Number && !(value instanceof Double);
      case "number" -> value instanceof Number;
      default -> throw new IllegalStateException("no rule for the type " + type);
    };
  }

  private String items(List<?> list, Object schema, String place) {
    for (int i = 0; i < list.size(); i++) {
      String wrong = problem(list.get(i), schema, place + "[" + i + "]");
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private static String required(Map<?, ?> map, List<?> keys, String place) {
    for (Object key : keys) {
      if (!map.containsKey(key)) {
        return place + " has no " + key;
      }
    }
    return null;
  }

  private String properties(Map<?, ?> map, Map<?, ?> schemas, String place) {
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object schema = schemas.get(entry.getKey());
      String at = place + "." + entry.getKey();
      String wrong = schema == null ? null : problem(entry.getValue(), schema, at);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private String others(Map<?, ?> map, Map<?, ?> schema, Object rule, String place) {
    Map<?, ?> known =
        schema.get("properties") instanceof Map<?, ?> properties ? properties : Map.of();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (known.containsKey(entry.getKey())) {
        continue;
      }
      String at = place + "." + entry.getKey();
      String wrong = rule.equals(false) ? at + " is unknown" : problem(entry.getValue(), rule, at);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private String oneOf(Object value, List<?> schemas, String place) {
    int fitting = 0;
    String last = "";
    for (Object schema : schemas) {
      String wrong = problem(value, schema, place);
      fitting += wrong == null ? 1 : 0;
      last = wrong == null ? last : wrong;
    }
    return unless(
        fitting == 1, place, "fits %d of %d forms; %s".formatted(fitting, schemas.size(), last));
  }
}
