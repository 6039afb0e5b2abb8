package loupe.cli;

import loupe.reference.InputException;
import picocli.CommandLine.Option;

/** The option {@code --threads}. A picocli mixin. */
final class ThreadOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads; all cores by default. Results do not depend on it.")
  private Integer threads;

  /** Number of threads to work with, 1 or more. */
  int count() {
    return threads == null
        ? Runtime.getRuntime().availableProcessors()
        : atLeastOne("--threads", threads);
  }

  /** The value of an option that counts something; {@link InputException} if it is below 1. */
  static int atLeastOne(String option, int value) {
    if (value < 1) {
      throw new InputException(option + " must be 1 or more, not " + value);
    }
    return value;
  }
}
