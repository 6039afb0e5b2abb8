package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import loupe.golden.PublishedPolicy;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.KernelProvider;
import loupe.reference.Rounded;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how numbers are computed. A picocli mixin. */
final class ArithmeticOptions {
  private static final String FLOAT32 = "float32";
  private static final String FLOAT64 = "float64";

  /** The policy that float32 itself follows: its name is the short one of float32. */
  private static final String OWN_POLICY = "f32";

  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = FLOAT32,
      description = {
        "float32 (or f32, default), float64 (or f64), or a rounding policy",
        "of an engine, such as bf16-hf; loupe policies lists them."
      })
  private String arithmetic;

  @Mixin private ThreadOption threads;

  /** Canonical names, the default first: float32, float64, and the rounding policies. */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of(FLOAT32, FLOAT64));
    PublishedPolicy.names().stream().filter(name -> !name.equals(OWN_POLICY)).forEach(names::add);
    return names;
  }

  /** One of {@link #names}; {@link InputException} if the user names none of them. */
  String name() {
    String canonical =
        switch (arithmetic.toLowerCase(Locale.ROOT)) {
          case "f32" -> FLOAT32;
          case "f64" -> FLOAT64;
          default -> arithmetic.toLowerCase(Locale.ROOT);
        };
    if (!isPlain(canonical) && !names().contains(canonical)) {
      throw new InputException(
          "--arithmetic: there is no "
              + arithmetic
              + "; there are "
              + String.join(", ", names())
              + " (f32 and f64 for short)");
    }
    return canonical;
  }

  /** Number of threads to work with, 1 or more. */
  int threads() {
    return threads.count();
  }

  /** The threads that are wished for; close them. */
  Workers workers() {
    return Workers.of(threads());
  }

  /**
   * The arithmetic, on these threads; {@link InputException} if there is none.
   *
   * @param environment may force kernels, see {@link KernelProvider}
   */
  Arithmetic arithmetic(Workers workers, Map<String, String> environment) {
    return arithmetic(workers, environment, Long.MAX_VALUE);
  }

  /**
   * The same, for a command that ends after about so many multiplications.
   *
   * @see KernelProvider#choose(Map, long)
   */
  Arithmetic arithmetic(Workers workers, Map<String, String> environment, long multiplications) {
    return switch (name()) {
      case FLOAT32 -> new Float32(workers, KernelProvider.choose(environment, multiplications));
      case FLOAT64 -> new Float64(workers);
      default -> new Rounded(PublishedPolicy.of(name()).rounding(), workers);
    };
  }

  private static boolean isPlain(String name) {
    return name.equals(FLOAT32) || name.equals(FLOAT64);
  }

  /** The policy that is named, where it is one. */
  Optional<PublishedPolicy> policy() {
    return isPlain(name()) ? Optional.empty() : Optional.of(PublishedPolicy.of(name()));
  }
}
