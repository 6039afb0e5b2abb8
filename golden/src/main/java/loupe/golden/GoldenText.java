package loupe.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.loaders.JsonObject;
import loupe.reference.TensorSource;

/**
 * The truth about the embedded model: one text that is longer than its window, with tensors and SAE
 * features in float64, and greedy continuations of several prompts.
 */
public final class GoldenText {
  private static final String FOLDER = "tiny/goldens/";

  private final JsonObject json = Resources.json(FOLDER + "input.json");

  /**
   * A greedy continuation.
   *
   * @param prompt the text
   * @param promptIds its ids, {@code <bos>} first
   * @param ids the new ids
   * @param text what they say
   */
  public record Greedy(String prompt, int[] promptIds, int[] ids, String text) {}

  public String text() {
    return json.string("text");
  }

  /** Its ids, {@code <bos>} first. */
  public int[] tokenIds() {
    return GoldenCase.ints(json.longs("ids"));
  }

  /** Layer 3, every residual stream, the embedding, the last rows of the logits; F64. */
  public TensorSource trace() {
    return Resources.safetensors(FOLDER + "trace.safetensors");
  }

  /** The first position whose logits {@link #trace} holds; they end with the last. */
  public int firstLogitRow() {
    return (int) json.longs("logit_rows")[0];
  }

  /** Noise of every tensor, in the order of the forward pass. */
  public Map<String, Noise> noise() {
    return Noise.read(Resources.json(FOLDER + "noise.json"));
  }

  /** Largest distance between the two programs that agreed on the truth, relative to maxima. */
  public double agreement() {
    return json.object("agreement").number("worst");
  }

  /** Mean of -log p of each next token, in nats. */
  public double crossEntropy() {
    return json.number("cross_entropy");
  }

  /** Features {@code [pos, d_sae]}, F64, under an SAE's path and {@code /features}. */
  public TensorSource features() {
    return Resources.safetensors(FOLDER + "sae_features.safetensors");
  }

  /** Greedy continuations, the same in float64 and float32. */
  public List<Greedy> greedy() {
    List<Greedy> cases = new ArrayList<>();
    for (JsonObject entry : objects(Resources.json(FOLDER + "greedy.json"), "cases")) {
      cases.add(
          new Greedy(
              entry.string("prompt"),
              GoldenCase.ints(entry.longs("prompt_ids")),
              GoldenCase.ints(entry.longs("ids")),
              entry.string("text")));
    }
    return cases;
  }

  private static List<JsonObject> objects(JsonObject json, String key) {
    List<JsonObject> objects = new ArrayList<>();
    for (Object element : json.list(key)) {
      Map<String, Object> wrapped = Map.of(key, element);
      objects.add(new JsonObject(json.file(), json.path(), wrapped).object(key));
    }
    return objects;
  }
}
