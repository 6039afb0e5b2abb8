package loupe.cli;

import loupe.reference.Arithmetic;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how numbers are computed. A picocli mixin. */
final class ArithmeticOptions {
  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = "float32",
      description = {
        "float32 (or f32, default), float64 (or f64), or a rounding policy",
        "of an engine, such as bf16-hf; loupe policies lists them."
      })
  private String arithmetic;

  @Mixin private ThreadOption threads;

  /** The threads that are wished for; close them. */
  Workers workers() {
    return Workers.of(threads.count());
  }

  /** The arithmetic, on these threads; {@link loupe.reference.InputException} if there is none. */
  Arithmetic arithmetic(Workers workers) {
    return Arithmetics.of(Arithmetics.canonical(arithmetic), workers);
  }
}
