package loupe.golden;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.loaders.JsonObject;

/**
 * How far honest low-precision runs are from the truth of one tensor. Distances are relative to the
 * tensor's largest absolute value.
 *
 * @param maxAbs largest absolute value of the true tensor
 * @param f32Max largest distance of Hugging Face's eager run in float32
 * @param f32Rms root mean square of that distance
 * @param bf16Max largest distance of Hugging Face's eager run in bfloat16
 * @param bf16Rms root mean square of that distance
 */
public record Noise(double maxAbs, double f32Max, double f32Rms, double bf16Max, double bf16Rms) {

  /** The entries of a {@code noise.json}, in its order, which is the order of the forward pass. */
  static Map<String, Noise> read(JsonObject json) {
    Map<String, Noise> noise = new LinkedHashMap<>();
    for (String name : json.fields().keySet()) {
      JsonObject entry = json.object(name);
      noise.put(
          name,
          new Noise(
              entry.number("max_abs"),
              entry.number("f32_max"),
              entry.number("f32_rms"),
              entry.number("bf16_max"),
              entry.number("bf16_rms")));
    }
    return Collections.unmodifiableMap(noise);
  }
}
