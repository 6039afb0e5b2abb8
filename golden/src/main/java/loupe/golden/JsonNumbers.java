package loupe.golden;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;

/** Numbers in JSON that give back the same bits; words where JSON has no number. */
public final class JsonNumbers {
  private JsonNumbers() {}

  /** A number with all its digits; {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}. */
  public static JsonPrimitive of(double value) {
    return Double.isFinite(value) ? new JsonPrimitive(value) : word(value);
  }

  /** As {@link #of(double)}, with no more digits than a float has. */
  public static JsonPrimitive of(float value) {
    return Float.isFinite(value) ? new JsonPrimitive(value) : word(value);
  }

  /** {@code null} for what is not a number: a metric that is not defined. */
  public static JsonElement orNull(double value) {
    return Double.isNaN(value) ? JsonNull.INSTANCE : of(value);
  }

  private static JsonPrimitive word(double value) {
    return new JsonPrimitive(Double.toString(value));
  }
}
