package loupe.cli;

import java.util.List;
import java.util.Optional;
import loupe.golden.check.Candidate;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;
import picocli.CommandLine.Option;

/** What is assumed of a program that is judged. A picocli mixin. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "P",
      description = {
        "bf16, f16, f32 or f64: what the program rounds its results to, wherever",
        "it likes; or a policy by name. By default the coarsest of the four that",
        "holds all numbers of the dump."
      })
  private String precision;

  @Option(
      names = "--elementary-ulp",
      paramLabel = "K",
      description = "How many ulp exp, tanh, sin, cos, pow and 1/sqrt may be off; 4 by default.")
  private double elementaryUlp = PortContract.ELEMENTARY_ULP;

  @Option(
      names = "--which-policy",
      description = {
        "Also ranks the published rounding policies (loupe policies) by how many",
        "numbers of the dump are to the bit what each gives."
      })
  private boolean whichPolicy;

  /** Whether the user wants to know which policy a dump follows. */
  boolean asksWhichPolicy() {
    return whichPolicy;
  }

  double elementaryUlp() {
    return elementaryUlp;
  }

  /**
   * What the user named admits; empty if the dump shall tell. Throws {@link
   * loupe.reference.InputException} if there is no such precision.
   */
  Optional<List<Candidate>> candidates(String dialect) {
    if (precision == null) {
      return Optional.empty();
    }
    return Optional.of(Candidate.of(precision, elementaryUlp, dialect));
  }

  /** What a format admits in a dump of this dialect. */
  List<Candidate> candidates(FloatFormat format, String dialect) {
    return Candidate.of(format, elementaryUlp, dialect);
  }
}
