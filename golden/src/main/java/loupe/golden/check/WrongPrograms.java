package loupe.golden.check;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Programs with known bugs in.
 *
 * @param ids of the prompt as it should be
 * @param prompts the ids as bugs of tokenizers would give them, by the bug's name
 */
record WrongPrograms(
    Gemma2Config config,
    TensorSource checkpoint,
    Workers workers,
    int[] ids,
    Map<String, int[]> prompts) {

  /** The parts of the right program, whose weights are as one with this contract loads them. */
  ModelParts parts(PortContract contract, Arithmetic arithmetic) {
    boolean isWider =
        checkpoint.names().stream().anyMatch(name -> checkpoint.tensor(name).dtype() != DType.BF16);
    ModelParts stored = ModelParts.of(config, checkpoint, arithmetic);
    if (contract.storage() != FloatFormat.BF16
        || !isWider
        || !LikelyBugs.isSmall(config, ids.length)) {
      return stored;
    }
    TensorSource loaded = Zoo.of("weights-rounded-to-bf16").applyTo(stored).weights();
    return stored.withWeights(loaded);
  }

  /** A pass with bugs in, of the last in this variant. */
  void forward(ModelParts parts, List<Quirk> quirks, int variant, Hook hook) {
    ModelParts wrong = parts;
    int[] prompt = ids;
    for (Quirk quirk : quirks) {
      boolean isLast = quirk == quirks.get(quirks.size() - 1);
      wrong = quirk.applyTo(wrong, isLast ? variant : 0);
      prompt = prompts.getOrDefault(quirk.name(), quirk.applyTo(prompt, config.bosId()));
    }
    wrong.model().forward(prompt, hook);
  }

  /**
   * What a program of a policy with these bugs gives.
   *
   * @param dump the pass goes on with its tensors
   * @param kept names of what is asked for
   * @return by name; empty for no policy, or none that can have the bug
   */
  Map<String, double[]> rounded(
      Candidate candidate,
      List<Quirk> quirks,
      int variant,
      TensorSource dump,
      Set<String> names,
      Set<String> kept) {
    Map<String, double[]> values = new HashMap<>();
    if (candidate.policy().isPresent() && !kept.isEmpty()) {
      ModelParts parts =
          candidate.policy().get().applyTo(parts(candidate.contract(), null), workers);
      try {
        forward(parts, quirks, variant, new StepRun(parts.arithmetic(), dump, names, kept, values));
      } catch (InputException e) {
        return Map.of();
      }
    }
    return values;
  }
}
