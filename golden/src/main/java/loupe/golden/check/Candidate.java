package loupe.golden.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.PortContract;

/**
 * One way in which a right program may compute.
 *
 * @param contract how it rounds
 * @param policy whose points these are; empty for any order of roundings
 */
public record Candidate(PortContract contract, Optional<PublishedPolicy> policy) {
  /** Any order of roundings to a format. */
  public static Candidate anyOrder(FloatFormat format, double elementaryUlp) {
    return new Candidate(PortContract.anyOrder(format, elementaryUlp), Optional.empty());
  }

  /** As a published policy says. */
  public static Candidate of(PublishedPolicy policy, double elementaryUlp) {
    return new Candidate(PortContract.of(policy.rounding(), elementaryUlp), Optional.of(policy));
  }

  /** All that a precision admits, whatever the dialect. */
  public static List<Candidate> of(String precision, double elementaryUlp) {
    return of(precision, elementaryUlp, "");
  }

  /**
   * All that a precision admits: of a format any order, then its policies; of a policy itself.
   *
   * @param precision {@code bf16}, {@code f16}, {@code f32}, {@code f64} (also {@code float32} and
   *     so on), or the name of a policy
   * @param dialect as of {@link #of(FloatFormat, double, String)}
   * @throws InputException if there is no such precision
   */
  public static List<Candidate> of(String precision, double elementaryUlp, String dialect) {
    String name =
        switch (precision.toLowerCase(Locale.ROOT)) {
          case "float32" -> "f32";
          case "float64" -> "f64";
          case "bfloat16" -> "bf16";
          case "float16" -> "f16";
          default -> precision;
        };
    for (FloatFormat format : FloatFormat.values()) {
      if (format.label().equals(name)) {
        return of(format, elementaryUlp, dialect);
      }
    }
    return List.of(of(PublishedPolicy.of(name), elementaryUlp));
  }

  /** Any order of roundings to a format, then its policies. */
  public static List<Candidate> of(FloatFormat format, double elementaryUlp) {
    return of(format, elementaryUlp, "");
  }

  /**
   * Any order of roundings to a format, then its policies.
   *
   * @param dialect of the dump, for policies that are looked for in that dialect only
   */
  public static List<Candidate> of(FloatFormat format, double elementaryUlp, String dialect) {
    List<Candidate> all = new ArrayList<>();
    all.add(anyOrder(format, elementaryUlp));
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      boolean isCandidate =
          policy.dialect().isPresent()
              ? policy.dialect().get().equals(dialect)
                  && (policy.storage() == format || formatOf(policy.name()) == format)
              : formatOf(policy.name()) == format;
      if (isCandidate) {
        all.add(of(policy, elementaryUlp));
      }
    }
    return all;
  }

  /** A policy's name begins with the format that it belongs to. */
  private static FloatFormat formatOf(String policy) {
    for (FloatFormat format : FloatFormat.values()) {
      if (policy.equals(format.label()) || policy.startsWith(format.label() + "-")) {
        return format;
      }
    }
    return PublishedPolicy.of(policy).storage();
  }

  /** The parts of the model as such a program has them. */
  public ModelParts applyTo(ModelParts parts) {
    return policy.map(p -> p.fold(parts)).orElse(parts);
  }
}
