package loupe.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.KernelProvider;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how numbers are computed. A picocli mixin. */
final class ArithmeticOptions {
  /** Canonical names, the default first. */
  static final List<String> NAMES = List.of("float32", "float64");

  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = "float32",
      description = "float32 (or f32, default) or float64 (or f64).")
  private String arithmetic;

  @Mixin private ThreadOption threads;

  /** One of {@link #NAMES}; {@link InputException} if the user names none of them. */
  String name() {
    String canonical =
        switch (arithmetic.toLowerCase(Locale.ROOT)) {
          case "f32" -> "float32";
          case "f64" -> "float64";
          default -> arithmetic.toLowerCase(Locale.ROOT);
        };
    if (!NAMES.contains(canonical)) {
      throw new InputException(
          "--arithmetic: there is no "
              + arithmetic
              + "; there are "
              + String.join(", ", NAMES)
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
    return switch (name()) {
      case "float32" -> new Float32(workers, KernelProvider.choose(environment));
      case "float64" -> new Float64(workers);
      default -> throw new IllegalStateException(arithmetic);
    };
  }
}
