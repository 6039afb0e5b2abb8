package loupe.cli;

import java.util.Map;
import java.util.Optional;
import loupe.golden.Arithmetics;
import loupe.golden.PublishedPolicy;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.KernelProvider;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how numbers are computed. A picocli mixin. */
final class ArithmeticOptions {
  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = Arithmetics.FLOAT32,
      description = {
        "float32 (or f32, default), float64 (or f64), or a rounding policy",
        "of an engine, such as bf16-hf; loupe policies lists them."
      })
  private String arithmetic;

  @Mixin private ThreadOption threads;

  /** A canonical name; {@link InputException} if the user names none. */
  String name() {
    try {
      return Arithmetics.canonical(arithmetic);
    } catch (InputException e) {
      throw new InputException("--arithmetic: " + e.getMessage());
    }
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
    return Arithmetics.of(
        name(), workers, () -> KernelProvider.choose(environment, multiplications));
  }

  /** The policy that is named, where it is one. */
  Optional<PublishedPolicy> policy() {
    return Arithmetics.policy(name());
  }
}
