package loupe.golden.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.reference.FloatFormat;
import loupe.reference.NonFiniteException;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * How far right programs are off after a long step, see {@link LongSteps}: {@link RandomPrograms}
 * go it from the port's own inputs, and a {@link MeasuredLimit} follows from what they give.
 *
 * @param parts the model; its arithmetic is not used
 * @param candidate what is assumed of the programs
 * @param dump the port's tensors; not needed where there are no names
 * @param names of the dump
 * @param wide tensors that are measured
 * @param isSmall whether many passes cost nothing
 */
record StepErrors(
    ModelParts parts,
    Candidate candidate,
    int[] tokenIds,
    TensorSource dump,
    Set<String> names,
    Set<String> wide,
    boolean isSmall,
    Workers workers) {
  /** Least error of a program, in unit roundoffs: few numbers may be lucky. */
  private static final double FLOOR = 1;

  /** The same where all roundings to fewer digits than those of sums are known. */
  private static final double FLOOR_OF_POLICY = 1.0 / 8;

  /**
   * Least spread of the logarithm of errors over programs: in float32 and float64 the order of
   * sums, and the library of functions, makes most of it; in 16 bits many roundings do.
   */
  private static final double SPREAD = 0.5;

  private static final double SPREAD_OF_16_BITS = 0.25;

  private static final int PROGRAMS = 12;

  /** Of a large model, where each is a long pass. */
  private static final int FEW_PROGRAMS = 4;

  /** Programs more where a dump is beyond the limit, of each size of errors. */
  private static final int MORE_PROGRAMS = 36;

  private static final int FEW_MORE_PROGRAMS = 2;

  /** Their errors are up to so many bits larger than those of right programs. */
  private static final int MAGNIFIED_BITS = 3;

  /** What the step gives without errors, by name. */
  Map<String, double[]> exact() {
    return StepRun.of(programs().exact(parts), tokenIds, dump, names, wide);
  }

  private RandomPrograms programs() {
    return new RandomPrograms(candidate, workers);
  }

  /** How far what is a program's numbers to the bit may be off. */
  Map<String, MeasuredLimit> toTheBit(FloatFormat format, Map<String, double[]> exact) {
    double unit = FLOOR_OF_POLICY * format.unitRoundoff();
    Map<String, MeasuredLimit> limits = new HashMap<>();
    for (String name : wide) {
      limits.put(name, MeasuredLimit.toTheBit(exact.get(name), positions(name), unit));
    }
    return limits;
  }

  /** How far right programs may be off, by name. */
  Map<String, MeasuredLimit> limits(Map<String, double[]> exact) {
    Map<String, List<double[]>> values = values(exact, isSmall ? PROGRAMS : FEW_PROGRAMS, 0);
    PortContract contract = candidate.contract();
    boolean isNarrow = isNarrow();
    boolean isSharp = contract.isPolicy() && isNarrow;
    double floor = (isSharp ? FLOOR_OF_POLICY : FLOOR) * contract.storage().unitRoundoff();
    double spread = isNarrow ? SPREAD_OF_16_BITS : SPREAD;
    Map<String, MeasuredLimit> limits = new HashMap<>();
    for (String name : wide) {
      limits.put(
          name,
          MeasuredLimit.of(exact.get(name), values.get(name), positions(name), floor, spread));
    }
    return limits;
  }

  /**
   * The limits, wider where errors do not grow in proportion: where a softmax is about to choose
   * another key, say, errors are small in nearly all programs and large in one of a thousand.
   */
  Map<String, MeasuredLimit> widened(
      Map<String, MeasuredLimit> limits, Map<String, double[]> exact) {
    int count = isSmall ? MORE_PROGRAMS : FEW_MORE_PROGRAMS;
    Map<String, MeasuredLimit> widened = new HashMap<>(limits);
    for (int bits = 0; bits <= MAGNIFIED_BITS; bits++) {
      Map<String, List<double[]>> values = values(exact, count, bits);
      double factor = 1 << bits;
      widened.replaceAll((name, limit) -> limit.widened(exact.get(name), values.get(name), factor));
    }
    return widened;
  }

  /** What programs give, by name. */
  private Map<String, List<double[]>> values(
      Map<String, double[]> exact, int count, int magnifiedBits) {
    Map<String, List<double[]>> values = new HashMap<>();
    wide.forEach(name -> values.put(name, new ArrayList<>()));
    for (int number = 0; number < count; number++) {
      Map<String, double[]> theirs;
      try {
        ModelParts program = programs().program(parts, number, magnifiedBits);
        theirs = StepRun.of(program, tokenIds, dump, names, wide);
      } catch (NonFiniteException e) {
        theirs = Map.of(); // A number beyond its format: how far it would be off is not known.
      }
      for (String name : wide) {
        double[] infinite = new double[exact.get(name).length];
        Arrays.fill(infinite, Double.POSITIVE_INFINITY);
        values.get(name).add(theirs.getOrDefault(name, infinite));
      }
    }
    return values;
  }

  private int positions(String name) {
    return HookPoints.isPerKey(name) ? 1 : tokenIds.length;
  }

  /** Whether such programs round anything to 16 bits while they compute. */
  private boolean isNarrow() {
    boolean isStored = candidate.contract().storage() != candidate.contract().accumulation();
    return isStored
        || candidate.policy().stream()
            .flatMap(policy -> policy.points().stream())
            .map(point -> point.rule().format())
            .anyMatch(format -> format == FloatFormat.BF16 || format == FloatFormat.F16);
  }
}
