package loupe.golden;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.loaders.JsonObject;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * One golden case: a tiny model of an awkward shape, a prompt, and the true value of every
 * intermediate in float64. {@code golden/GOLDENS.md} says where the numbers come from. Files are
 * read from the class path at each call and kept by the caller.
 */
public final class GoldenCase {
  private static final String FOLDER = "golden/cases/";

  private final String id;
  private final JsonObject json;

  private GoldenCase(String id) {
    this.id = id;
    this.json = Resources.json(path("case.json"));
  }

  /** Names of all cases, sorted. */
  public static List<String> ids() {
    return List.copyOf(Resources.folders(FOLDER));
  }

  /**
   * The case of this name.
   *
   * @throws InputException if there is none
   */
  public static GoldenCase of(String id) {
    if (!ids().contains(id)) {
      throw new InputException("there is no golden case '" + id + "'; there are " + ids());
    }
    return new GoldenCase(id);
  }

  private String path(String file) {
    return FOLDER + id + "/" + file;
  }

  public String id() {
    return id;
  }

  /** What the case was made for, in words. */
  public String comment() {
    return json.string("comment");
  }

  /** Pitfalls that the case was seen to expose: {@code P5} and so on. */
  public List<String> flags() {
    return json.strings("flags");
  }

  /** Text of its {@code config.json}. */
  public String configJson() {
    return Resources.text(path("config.json"));
  }

  public Gemma2Config config() {
    JsonObject config = Resources.json(path("config.json"));
    return ConfigJson.read(config.fields(), config.file()).config();
  }

  /** The prompt; the first id is {@code <bos>}. */
  public int[] tokenIds() {
    return ints(Resources.json(path("input.json")).longs("ids"));
  }

  static int[] ints(long[] values) {
    int[] out = new int[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.toIntExact(values[i]);
    }
    return out;
  }

  /** Seed of its weights by formula. */
  public long seed() {
    return json.longInteger("seed");
  }

  /** Mean and scale of its weights by formula. */
  public Knobs knobs() {
    return Knobs.read(json.fields(), json.file());
  }

  /** The checkpoint, as a file holds it. */
  public TensorSource model() {
    return Resources.safetensors(path("model.safetensors"));
  }

  /**
   * Every intermediate, F64. Scores also hold the pairs that mask and window exclude, which no port
   * need compute.
   */
  public TensorSource trace() {
    return Resources.safetensors(path("trace.safetensors"));
  }

  /** The same from Hugging Face's eager run in bfloat16, BF16, where it is recorded. */
  public Optional<TensorSource> bf16Trace() {
    String path = path("trace_bf16_hf.safetensors");
    return Resources.exists(path) ? Optional.of(Resources.safetensors(path)) : Optional.empty();
  }

  /**
   * The first query row that the {@code [head, pos, key]} tensors of {@link #trace} hold; they end
   * with the last. 0 but in case {@code long}.
   */
  public int firstScoreRow() {
    return json.has("score_rows") ? (int) json.longs("score_rows")[0] : 0;
  }

  /** Noise of every tensor, in the order of the forward pass. */
  public Map<String, Noise> noise() {
    return Noise.read(Resources.json(path("noise.json")));
  }

  /** Largest distance between the two programs that agreed on the truth, relative to maxima. */
  public double agreement() {
    return json.object("agreement").number("worst");
  }

  /** The greedy continuation. */
  public int[] decodedIds() {
    return ints(Resources.json(path("decode.json")).longs("ids"));
  }

  /** Row s chose {@code decodedIds()[s]}: {@code [step, d_vocab]}, F64. */
  public StoredTensor decodedLogits() {
    return Resources.safetensors(path("decode.safetensors")).tensor("logits");
  }

  /** As {@link #agreement}, of {@link #decodedLogits}. */
  public double decodeAgreement() {
    return Resources.json(path("decode.json")).number("numpy_agreement");
  }
}
