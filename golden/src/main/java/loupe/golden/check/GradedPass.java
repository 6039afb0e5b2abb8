package loupe.golden.check;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.HookPoints;
import loupe.golden.quirk.Quirk;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.PortContract;
import loupe.reference.Workers;

/**
 * A computation that can be judged again and again, each time with other known bugs put in: a pass
 * of the model over a dump, an SAE, one operation. What {@link BugSearch} searches.
 */
public interface GradedPass {
  /** Whether such a computation can have this bug, and show it. */
  boolean canShow(Quirk quirk);

  /** Whether a bug is among those to try first where the computation diverges at this tensor. */
  default boolean isLikely(Quirk quirk, String first) {
    return true;
  }

  /** Whether all other bugs may be tried where no likely one helps. */
  default boolean isSmall() {
    return true;
  }

  /** Bounds of a port with these bugs; a bug may also take other operations than the contract's. */
  static Bounded bounds(List<Quirk> quirks, PortContract contract, Workers workers) {
    return quirks.isEmpty()
        ? new Bounded(contract, workers)
        : Bounded.withOtherOperations(contract, workers);
  }

  /** In how many ways a bug may show; they are tried one after another. */
  default int variants(Quirk quirk) {
    return quirk.variants();
  }

  /** Whether elements of this tensor may be anything where a wrong mask computes none. */
  default boolean isScore(String name) {
    return HookPoints.isPerKey(name) && !name.endsWith("hook_pattern");
  }

  /**
   * Computes and judges, from the port's own tensors where it has them.
   *
   * @param quirks bugs that are put in, one after another; none for the right computation
   * @param variant in which of its ways the last of them shows
   * @param step is shown what is compared, and the judgements; may end the pass by an exception
   * @throws loupe.reference.InputException if it cannot be computed so: judgements end there
   */
  void run(List<Quirk> quirks, int variant, PortContract contract, Step step);

  /**
   * What a program of the assumed policy with these bugs gives, where limits are measured.
   *
   * @param kept names of what is asked for
   * @return by name; empty for no policy, or none that can have the bugs
   */
  default Map<String, double[]> rounded(List<Quirk> quirks, int variant, Set<String> kept) {
    return Map.of();
  }

  /** The port's numbers of a tensor, ours for those that do not count; empty for another shape. */
  default Optional<double[]> theirs(String name, double[] ours) {
    return Optional.empty();
  }

  /** Takes part in each step of a pass. */
  interface Step {
    /** Nothing more is asked for. */
    Step NONE = new Step() {};

    /** What is compared with the port's tensor: {@code ours}, or that with other bounds. */
    default BoundedTensor before(String name, BoundedTensor ours) {
      return ours;
    }

    /** Whether to go on with a port's score outside of mask and window, which is not judged. */
    default boolean trusts(double ours, double theirs) {
      return false;
    }

    /** Sees a judgement, and may end the pass by an exception of its own. */
    default void after(TensorGrade grade) {}
  }
}
