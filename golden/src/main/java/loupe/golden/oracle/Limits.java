package loupe.golden.oracle;

import com.google.gson.JsonObject;

/**
 * What one request may cost. A request beyond a limit is refused before anything is computed or
 * allocated for it.
 *
 * @param lineBytes bytes of one line, its line feed not counted
 * @param elements of all tensors of a request together, and of a reply
 * @param multiplications of an operation: the product of the lengths of all its axes
 * @param parameters of a model by formula
 * @param tokens of one prompt
 */
public record Limits(
    int lineBytes, long elements, long multiplications, long parameters, int tokens) {
  /** For a heap of a few hundred megabytes and answers within seconds. */
  public static final Limits DEFAULT = new Limits(16 << 20, 1 << 21, 1L << 32, 1 << 24, 4096);

  JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("line_bytes", lineBytes);
    json.addProperty("elements", elements);
    json.addProperty("multiplications", multiplications);
    json.addProperty("parameters", parameters);
    json.addProperty("tokens", tokens);
    return json;
  }

  void requireElements(double count, String what) {
    if (count > elements) {
      throw RefusedException.limit(
          "%s: %.0f elements, and limits.elements is %d".formatted(what, count, elements));
    }
  }

  void requireMultiplications(double count) {
    if (count > multiplications) {
      throw RefusedException.limit(
          "about %.0f multiplications, and limits.multiplications is %d"
              .formatted(count, multiplications));
    }
  }
}
