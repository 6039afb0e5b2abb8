package loupe.reference;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What {@link PortContract} says to people.
 *
 * @param mayRound points that may be rounded to storage, where there is no policy
 */
record ContractText(
    PortContract contract, Optional<RoundingPolicy> policy, Set<RoundingPoint> mayRound) {
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        The radius of an element is proven for every program that
        - %1$s;
        - adds up sums of products in %2$s, in any order, with or without fused multiply-add;
        - keeps every number within the range of its format: overflow is no rounding;
        - computes exp, tanh, cos, sin, pow and 1/sqrt within %3$s ulp of %2$s, and all else
          (+, -, *, /) rounded to nearest in %2$s; numbers below its normal range may become 0;
        - may write x + x*w for x*(1+w), exp as a power of 2, GELU by a sigmoid, a division as a
          product with the reciprocal, softmax in one pass with rescaling, may take rotary angles
          step by step in %2$s, may scale queries instead of scores, and may fold the gain of a
          norm or the scale of queries into the next matrix in %2$s.
        The error of the judge itself, which computes in float64, is added.
        """
            .formatted(held(), contract.accumulation().label(), ulps()));
    if (policy.isEmpty() && contract.storage() != contract.accumulation()) {
      text.append(
          "Each of these may or may not be rounded to " + contract.storage().label() + ":\n");
      for (RoundingPoint point : mayRound) {
        text.append("- ").append(point.meaning()).append('\n');
      }
    }
    return text.toString();
  }

  private String held() {
    return policy
        .map(p -> "rounds to nearest even at the points of the policy " + p.name() + ", no others")
        .orElse(
            "holds weights and results in "
                + contract.storage().label()
                + ", rounded to nearest even");
  }

  private String ulps() {
    double elementaryUlp = contract.elementaryUlp();
    boolean whole = elementaryUlp == Math.rint(elementaryUlp);
    return whole
        ? String.format(Locale.ROOT, "%.0f", elementaryUlp)
        : Double.toString(elementaryUlp);
  }
}
