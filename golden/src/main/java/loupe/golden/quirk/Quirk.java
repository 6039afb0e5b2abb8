package loupe.golden.quirk;

import java.util.List;
import loupe.golden.ModelParts;

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
    /** Text to ids and back. */
    TOKENIZER,
    /** The form of a conversation. */
    CHAT,
    /** An SAE or transcoder. */
    SAE,
    /** Numbers about an SAE. */
    METRIC
  }

  /** A model with this bug: the same parts where the bug is not one of the model. */
  public ModelParts applyTo(ModelParts parts) {
    ModelChange change = Zoo.MODEL.get(name);
    return change == null ? parts : change.applyTo(parts);
  }

  /** A prompt with this bug: the same ids where the bug is not one of the prompt. */
  public int[] applyTo(int[] promptIds, int bosId) {
    PromptQuirks.PromptChange change = Zoo.PROMPT.get(name);
    return change == null ? promptIds : change.of(promptIds, bosId);
  }
}
