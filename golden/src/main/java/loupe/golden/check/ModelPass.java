package loupe.golden.check;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Bounded;
import loupe.reference.DType;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/** A forward pass over the prompt of a dump, under teacher forcing. */
final class ModelPass implements GradedPass {
  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final TensorSource dump;
  private final Report plain;
  private final Workers workers;
  private final int[] ids;
  private final Map<String, int[]> prompts;
  private final Map<String, Integer> order = new HashMap<>();
  private final LikelyBugs likely;

  /**
   * @param plain the report on the dump, which fails
   * @param ids of the prompt as it should be
   * @param prompts the ids as bugs of tokenizers would give them, by the bug's name
   */
  ModelPass(
      Gemma2Config config,
      TensorSource checkpoint,
      TensorSource dump,
      Report plain,
      Workers workers,
      int[] ids,
      Map<String, int[]> prompts) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.dump = dump;
    this.plain = plain;
    this.workers = workers;
    this.ids = ids;
    this.prompts = prompts;
    plain.tensors().forEach(grade -> order.put(grade.name(), order.size()));
    this.likely = new LikelyBugs(config, order, prompts.keySet(), ids.length);
  }

  @Override
  public boolean canShow(Quirk quirk) {
    return likely.canShow(quirk);
  }

  @Override
  public boolean isLikely(Quirk quirk, String first) {
    return likely.isLikely(quirk, first);
  }

  @Override
  public boolean isSmall() {
    return likely.isSmall();
  }

  @Override
  public void run(List<Quirk> quirks, int variant, PortContract contract, Step step) {
    TeacherForcing forcing =
        new TeacherForcing(
            config,
            contract,
            dump,
            order.keySet(),
            Map.of(),
            plain.isBiased() ? Grader.FALSE_ALARM : 0,
            step);
    Bounded bounded = GradedPass.bounds(quirks, contract, workers);
    ModelParts parts = ModelParts.of(config, weights(contract), bounded);
    forward(plain.candidate().applyTo(parts), quirks, variant, forcing);
  }

  private void forward(ModelParts right, List<Quirk> quirks, int variant, Hook hook) {
    ModelParts parts = right;
    int[] prompt = ids;
    for (Quirk quirk : quirks) {
      boolean isLast = quirk == quirks.get(quirks.size() - 1);
      parts = quirk.applyTo(parts, isLast ? variant : 0);
      prompt = prompts.getOrDefault(quirk.name(), quirk.applyTo(prompt, config.bosId()));
    }
    parts.model().forward(prompt, hook);
  }

  @Override
  public Map<String, double[]> rounded(List<Quirk> quirks, int variant, Set<String> kept) {
    Candidate candidate = plain.candidate();
    if (candidate.policy().isEmpty() || kept.isEmpty()) {
      return Map.of();
    }
    ModelParts loaded = ModelParts.of(config, weights(candidate.contract()), null);
    ModelParts parts = candidate.policy().get().applyTo(loaded, workers);
    Map<String, double[]> values = new HashMap<>();
    try {
      StepRun run = new StepRun(parts.arithmetic(), dump, order.keySet(), kept, values);
      forward(parts, quirks, variant, run);
    } catch (InputException e) {
      return Map.of();
    }
    return values;
  }

  @Override
  public Optional<double[]> theirs(String name, double[] ours) {
    StoredTensor stored = dump.tensor(name);
    return stored.elementCount() == ours.length
        ? Optional.of(LongSteps.theirs(name, config, stored, ours))
        : Optional.empty();
  }

  /** The weights as a program in bfloat16 loads them, before a bug does something to them. */
  private TensorSource weights(PortContract contract) {
    boolean isWider =
        checkpoint.names().stream().anyMatch(name -> checkpoint.tensor(name).dtype() != DType.BF16);
    if (contract.storage() != FloatFormat.BF16 || !isWider || !likely.isSmall()) {
      return checkpoint;
    }
    ModelParts loaded = ModelParts.of(config, checkpoint, null);
    return Zoo.of("weights-rounded-to-bf16").applyTo(loaded).weights();
  }
}
