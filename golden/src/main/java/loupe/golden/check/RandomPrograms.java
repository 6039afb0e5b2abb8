package loupe.golden.check;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import loupe.golden.ModelParts;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.NameGlob;
import loupe.reference.PortContract;
import loupe.reference.RandomErrors;
import loupe.reference.Rounded;
import loupe.reference.RoundingPoint;
import loupe.reference.RoundingPolicy;
import loupe.reference.Workers;

/**
 * Programs that compute as a {@link Candidate} says, drawn at random: how good their sums and
 * functions are, and in any order of roundings also which steps they round to storage and which of
 * several formulas they use. Choices follow from a program's number.
 */
record RandomPrograms(Candidate candidate, Workers workers) {
  private static final long SEED = 0x4c6f757065L;

  /** Points that say by their presence which of two formulas is used. */
  private static final List<Set<RoundingPoint>> RIVALS =
      List.of(
          EnumSet.of(RoundingPoint.QUERY_FACTOR, RoundingPoint.QUERY_SCALED),
          EnumSet.of(RoundingPoint.NORM_RECIPROCAL),
          EnumSet.of(RoundingPoint.GAIN_TERM),
          EnumSet.of(RoundingPoint.CAP_FACTOR),
          EnumSet.of(RoundingPoint.SOFTMAX_RECIPROCAL),
          EnumSet.of(RoundingPoint.ROTARY_STEP),
          EnumSet.of(RoundingPoint.GELU_CUBIC));

  /** Points of engines of their own, which no other program has. */
  private static final Set<RoundingPoint> PARTICULAR =
      EnumSet.of(
          RoundingPoint.CACHE,
          RoundingPoint.PROJECT_INPUT,
          RoundingPoint.SCORE_DIVISOR,
          RoundingPoint.SOFTMAX_PARTIAL,
          RoundingPoint.GELU_TABLE,
          RoundingPoint.GELU_FACTORED,
          RoundingPoint.ROTARY_POWER);

  /** What all of them try to compute: a policy's roundings are no errors. */
  ModelParts exact(ModelParts parts) {
    return candidate
        .policy()
        .map(policy -> policy.applyTo(parts, workers))
        .orElseGet(() -> parts.withArithmetic(new Float64(workers)));
  }

  /**
   * The program of this number.
   *
   * @param magnifiedBits its errors are {@code 2^bits} times as large; 0 for a right program. Of a
   *     policy roundings stay what they are, since they are no errors
   */
  ModelParts program(ModelParts parts, int number, int magnifiedBits) {
    PortContract contract = candidate.contract();
    SplittableRandom random = new SplittableRandom(SEED + number + 1000L * magnifiedBits);
    RoundingPolicy policy =
        candidate
            .policy()
            .map(p -> p.rounding())
            .orElseGet(() -> policy(contract, random).coarser(magnifiedBits));
    RandomErrors errors =
        RandomErrors.of(
            contract.accumulation(), contract.elementaryUlp(), magnifiedBits, random.nextLong());
    return candidate.applyTo(parts).withArithmetic(new Rounded(policy, workers, errors));
  }

  /** Most steps are rounded to storage: programs that round less are closer to each other. */
  private static RoundingPolicy policy(PortContract contract, SplittableRandom random) {
    Set<RoundingPoint> without = EnumSet.copyOf(PARTICULAR);
    RIVALS.stream().filter(rival -> random.nextBoolean()).forEach(without::addAll);
    List<RoundingPolicy.Rule> rules = new ArrayList<>();
    for (RoundingPoint point : RoundingPoint.values()) {
      boolean isWeight = point == RoundingPoint.WEIGHT || point == RoundingPoint.VECTOR;
      boolean isStored = isWeight || random.nextInt(4) > 0;
      FloatFormat format =
          isWeight
              ? contract.storage()
              : isStored ? contract.format(point) : contract.accumulation();
      if (!without.contains(point)) {
        rules.add(new RoundingPolicy.Rule(point, format, new NameGlob("*")));
      }
    }
    return new RoundingPolicy(contract.name(), contract.storage(), rules);
  }
}
