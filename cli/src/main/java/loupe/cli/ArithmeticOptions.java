package loupe.cli;

import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how numbers are computed. A picocli mixin. */
final class ArithmeticOptions {
  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = "float32",
      description = "float32 (or f32, default) or float64 (or f64).")
  private String arithmetic;

  @Mixin private ThreadOption threads;

  /** The threads that are wished for; close them. */
  Workers workers() {
    return Workers.of(threads.count());
  }

  /** The arithmetic, on these threads; {@link loupe.reference.InputException} if there is none. */
  Arithmetic arithmetic(Workers workers) {
    return switch (ModelOptions.canonicalArithmetic(arithmetic)) {
      case "float32" -> new Float32(workers);
      case "float64" -> new Float64(workers);
      default -> throw new IllegalStateException(arithmetic);
    };
  }
}
