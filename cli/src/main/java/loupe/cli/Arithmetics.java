package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.Rounded;
import loupe.reference.Workers;

/** What {@code --arithmetic} may name: float32, float64, and the rounding policies of engines. */
final class Arithmetics {
  static final String FLOAT32 = "float32";
  static final String FLOAT64 = "float64";

  /** The policy that float32 itself follows: its name is the short one of float32. */
  private static final String OWN_POLICY = "f32";

  private Arithmetics() {}

  /** Canonical names, the default first. */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of(FLOAT32, FLOAT64));
    PublishedPolicy.names().stream().filter(name -> !name.equals(OWN_POLICY)).forEach(names::add);
    return names;
  }

  /** Canonical name of an arithmetic; {@link InputException} if there is none of this name. */
  static String canonical(String name) {
    String canonical =
        switch (name.toLowerCase(Locale.ROOT)) {
          case "f32" -> FLOAT32;
          case "f64" -> FLOAT64;
          default -> name.toLowerCase(Locale.ROOT);
        };
    if (!names().contains(canonical)) {
      throw new InputException(
          "--arithmetic: there is no "
              + name
              + "; there are "
              + String.join(", ", names())
              + " (f32 and f64 for short)");
    }
    return canonical;
  }

  /** The arithmetic of a canonical name. */
  static Arithmetic of(String name, Workers workers) {
    return switch (name) {
      case FLOAT32 -> new Float32(workers);
      case FLOAT64 -> new Float64(workers);
      default -> new Rounded(PublishedPolicy.of(name).rounding(), workers);
    };
  }

  /** The parts of a model under the arithmetic of a canonical name. */
  static ModelParts applyTo(ModelParts parts, String name, Workers workers) {
    return name.equals(FLOAT32) || name.equals(FLOAT64)
        ? parts.with(of(name, workers))
        : PublishedPolicy.of(name).applyTo(parts, workers);
  }
}
