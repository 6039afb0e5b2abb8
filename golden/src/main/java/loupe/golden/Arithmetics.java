package loupe.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.KernelProvider;
import loupe.reference.Rounded;
import loupe.reference.Workers;

/** Arithmetics by the names that users choose them by. */
public final class Arithmetics {
  /** The fast one. */
  public static final String FLOAT32 = "float32";

  /** The reference. */
  public static final String FLOAT64 = "float64";

  /** The policy that float32 itself follows: its name is the short one of float32. */
  private static final String OWN_POLICY = "f32";

  private Arithmetics() {}

  /** Canonical names: float32, float64, and the rounding policies. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(List.of(FLOAT32, FLOAT64));
    PublishedPolicy.names().stream().filter(name -> !name.equals(OWN_POLICY)).forEach(names::add);
    return names;
  }

  /**
   * The canonical form of a name, whatever its case; {@code f32} and {@code f64} are short forms.
   *
   * @throws InputException if there is none, with a list of what there is
   */
  public static String canonical(String name) {
    String canonical =
        switch (name.toLowerCase(Locale.ROOT)) {
          case "f32" -> FLOAT32;
          case "f64" -> FLOAT64;
          default -> name.toLowerCase(Locale.ROOT);
        };
    if (!isPlain(canonical) && !names().contains(canonical)) {
      throw new InputException(
          "there is no %s; there are %s (f32 and f64 for short)"
              .formatted(name, String.join(", ", names())));
    }
    return canonical;
  }

  /**
   * The arithmetic of a canonical name.
   *
   * @param kernels of float32, chosen where it is that
   */
  public static Arithmetic of(String canonical, Workers workers, Supplier<KernelProvider> kernels) {
    return switch (canonical) {
      case FLOAT32 -> new Float32(workers, kernels.get());
      case FLOAT64 -> new Float64(workers);
      default -> new Rounded(PublishedPolicy.of(canonical).rounding(), workers);
    };
  }

  /** The policy that a canonical name is, where it is one. */
  public static Optional<PublishedPolicy> policy(String canonical) {
    return isPlain(canonical) ? Optional.empty() : Optional.of(PublishedPolicy.of(canonical));
  }

  private static boolean isPlain(String name) {
    return name.equals(FLOAT32) || name.equals(FLOAT64);
  }
}
