package loupe.golden.quirk;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import loupe.gemma2.ChatFormat;
import loupe.golden.ModelParts;
import loupe.loaders.Tokenizer;
import loupe.reference.Hook;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.RowFilter;
import loupe.sae.SteerHook;

/**
 * A known bug: what it is, who had it, how to mend it, and how to put it into a correct program.
 *
 * @param name such as {@code scale-from-head-dim}
 * @param part of the program that has it
 * @param operation where it shows first: a tensor's name without its layer, such as {@code
 *     attn.hook_scores_raw}; for other parts than the model what they give, such as {@code ids}
 * @param pitfalls the numbers under which the list of pitfalls has it
 * @param bug what is wrong, in a sentence
 * @param projects public programs that had or have it; empty where none is known
 * @param fix what to change
 */
public record Quirk(
    String name,
    Part part,
    String operation,
    List<String> pitfalls,
    String bug,
    List<String> projects,
    String fix) {

  /** Parts of a program. */
  public enum Part {
    /** The forward pass over a whole prompt. */
    MODEL,
    /** Only where a cache is continued. */
    DECODING,
    /** The ids that the model is given. */
    PROMPT,
    /** What is read from the model under a name, and then given to an SAE. */
    READING,
    /** An SAE or transcoder. */
    SAE,
    /** A change of activations by an SAE: splicing, steering. */
    EDIT,
    /** Numbers about an SAE. */
    METRIC,
    /** Text to ids and back. */
    TOKENIZER,
    /** The form of a conversation. */
    CHAT
  }

  /** In how many ways this bug may show in a dump. */
  public int variants() {
    return Zoo.VARIANTS.containsKey(name) ? 2 : 1;
  }

  /** As {@link #applyTo(ModelParts)}, in one of the ways in which it may show; 0 is the usual. */
  public ModelParts applyTo(ModelParts parts, int variant) {
    return variant == 0 ? applyTo(parts) : Zoo.VARIANTS.get(name).applyTo(parts);
  }

  /** Whether the bug is only that something is rounded which should not be. */
  public boolean isRounding() {
    return Zoo.ROUNDINGS.contains(name);
  }

  /** A model with this bug: the same parts where the bug is not one of the model. */
  public ModelParts applyTo(ModelParts parts) {
    ModelChange change = Zoo.MODEL.get(name);
    return change == null ? parts : change.applyTo(parts);
  }

  /** As {@link #applyTo(ModelParts)}; the arithmetic's name then says which bug is in. */
  public ModelParts putInto(ModelParts parts) {
    ModelParts changed = applyTo(parts);
    return changed.withArithmetic(new MarkedArithmetic(changed.arithmetic(), "+" + name));
  }

  /** A prompt with this bug: the same ids where the bug is not one of the prompt. */
  public int[] applyTo(int[] promptIds, int bosId) {
    PromptQuirks.PromptChange change = Zoo.PROMPT.get(name);
    return change == null ? promptIds : change.of(promptIds, bosId);
  }

  /** An SAE with this bug: the same parts where the bug is not one of SAEs. */
  public SaeParts applyTo(SaeParts parts) {
    UnaryOperator<SaeParts> change = Zoo.SAE.get(name);
    return change == null ? parts : change.apply(parts);
  }

  /** A tokenizer with this bug: the same one where the bug is not one of tokenizers. */
  public Tokenizer applyTo(Tokenizer tokenizer) {
    UnaryOperator<Tokenizer> change = Zoo.TOKENIZER.get(name);
    return change == null ? tokenizer : change.apply(tokenizer);
  }

  /** A conversation in its form, with this bug in it where it is one of that form. */
  public String chatPrompt(List<ChatFormat.Message> messages) {
    Function<List<ChatFormat.Message>, String> change = Zoo.CHAT.get(name);
    return change == null ? ChatFormat.prompt(messages) : change.apply(messages);
  }

  /** A pass's edit by an SAE, with this bug in it; empty where the bug is not one of edits. */
  public Optional<Hook> edit(AttachedSae sae, RowFilter filter, SteerHook.Push push) {
    return Optional.ofNullable(Zoo.EDIT.get(name)).map(change -> change.of(sae, filter, push));
  }

  /** Whether this is a bug of steering. */
  public boolean steers() {
    return Zoo.EDIT.containsKey(name) && Zoo.EDIT.get(name).steers();
  }

  /** The metric that this bug is one of: {@code l0} or {@code fvu}; empty where it is of none. */
  public Optional<String> metric() {
    return Optional.ofNullable(Zoo.METRIC.get(name)).map(MetricQuirks.Metric::name);
  }

  /**
   * That metric with the bug in it.
   *
   * @param features {@code [pos, d_sae]}, the row of {@code <bos>} first
   * @param target {@code [pos, d_out]}
   * @param reconstruction {@code [pos, d_out]}
   */
  public double metric(Tensor features, Tensor target, Tensor reconstruction) {
    return Zoo.METRIC
        .get(name)
        .value()
        .apply(new MetricQuirks.Rows(features, target, reconstruction));
  }
}
