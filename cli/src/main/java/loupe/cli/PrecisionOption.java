package loupe.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import picocli.CommandLine.Option;

/** What is assumed of a program that is judged. A picocli mixin. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "P",
      description = {
        "bf16, f16, f32 or f64: what the program rounds its results to. By",
        "default the coarsest of them that holds all numbers of the dump."
      })
  private String precision;

  @Option(
      names = "--elementary-ulp",
      paramLabel = "K",
      description = "How many ulp exp, tanh, sin, cos, pow and 1/sqrt may be off; 4 by default.")
  private double elementaryUlp = PortContract.ELEMENTARY_ULP;

  /** The precision that the user named; empty if the dump shall tell. */
  Optional<FloatFormat> format() {
    if (precision == null) {
      return Optional.empty();
    }
    String label =
        switch (precision.toLowerCase(Locale.ROOT)) {
          case "float32" -> "f32";
          case "float64" -> "f64";
          default -> precision.toLowerCase(Locale.ROOT);
        };
    List<String> labels = Stream.of(FloatFormat.values()).map(FloatFormat::label).toList();
    if (!labels.contains(label)) {
      throw new InputException(
          "--precision: there is no " + precision + "; there are " + String.join(", ", labels));
    }
    return Optional.of(FloatFormat.values()[labels.indexOf(label)]);
  }

  /** The contract of a precision. */
  PortContract contract(FloatFormat format) {
    return PortContract.anyOrder(format, elementaryUlp);
  }
}
