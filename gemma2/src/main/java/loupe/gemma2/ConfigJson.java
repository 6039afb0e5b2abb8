package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Reads Hugging Face's {@code config.json}, with its old and its new keys. What this program does
 * not implement is an error, never ignored; what the file leaves open is resolved as {@code
 * Gemma2Config} of transformers does, and noted.
 */
public final class ConfigJson {
  private final Map<String, Object> json;
  private final String origin;
  private final List<String> defaults = new ArrayList<>();

  private ConfigJson(Map<String, Object> json, String origin) {
    this.json = json;
    this.origin = origin;
  }

  /**
   * A configuration and how it came about.
   *
   * @param config the resolved values
   * @param defaults keys that the file does not have, with the values taken for them
   */
  public record Resolved(Gemma2Config config, List<String> defaults) {}

  /**
   * @param json the parsed file: numbers, strings, booleans, lists, maps and null
   * @param origin the file, for messages
   * @throws MalformedFileException if a value is missing, of the wrong kind, or asks for what is
   *     not implemented
   */
  public static Resolved read(Map<String, Object> json, String origin) {
    return new ConfigJson(json, origin).resolve();
  }

  /**
   * The ids that end a text by a {@code generation_config.json}, which may name more than {@code
   * config.json} does; none where it does not say.
   *
   * @throws MalformedFileException if they are not integers
   */
  public static List<Integer> generationEosIds(Map<String, Object> json, String origin) {
    return json.get("eos_token_id") == null ? List.of() : new ConfigJson(json, origin).eosIds();
  }

  private Resolved resolve() {
    refuseOtherModels();
    int nLayers = integer("num_hidden_layers", null);
    try {
      Gemma2Config config =
          new Gemma2Config(
              integer("hidden_size", null),
              nLayers,
              integer("num_attention_heads", null),
              integer("num_key_value_heads", null),
              integer("head_dim", null),
              integer("intermediate_size", null),
              integer("vocab_size", null),
              number("query_pre_attn_scalar", 256.0),
              softcap("attn_logit_softcapping", 50),
              softcap("final_logit_softcapping", 30),
              slidingWindow(),
              layerTypes(nLayers),
              ropeTheta(),
              number("rms_norm_eps", 1e-6),
              integer("max_position_embeddings", 8192),
              integer("bos_token_id", 2),
              eosIds(),
              bool("tie_word_embeddings", true),
              dtype());
      return new Resolved(config, List.copyOf(defaults));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(origin, "", e.getMessage());
    }
  }

  private void refuseOtherModels() {
    Object type = json.get("model_type");
    if (type == null) {
      defaults.add("model_type gemma2");
    } else if (!type.equals("gemma2")) {
      throw wrong("model_type", "is " + show(type) + "; only gemma2 is implemented");
    }
    Object activation = json.get("hidden_activation");
    String key = activation != null ? "hidden_activation" : "hidden_act";
    Object used = activation != null ? activation : json.get("hidden_act");
    if (used == null) {
      defaults.add("hidden_activation gelu_pytorch_tanh");
    } else if (!used.equals("gelu_pytorch_tanh")) {
      throw wrong(key, "is " + show(used) + "; only gelu_pytorch_tanh is implemented");
    }
    requireFalse("attention_bias");
    requireFalse("mlp_bias");
    requireFalse("use_bidirectional_attention");
    if (json.get("rope_scaling") != null) {
      throw wrong("rope_scaling", "is not implemented; Gemma 2 has none");
    }
    if (json.get("quantization_config") != null) {
      throw wrong(
          "quantization_config", "is not implemented; use a checkpoint in bfloat16 or float32");
    }
  }

  private void requireFalse(String key) {
    if (json.get(key) != null && !json.get(key).equals(false)) {
      throw wrong(key, "is " + show(json.get(key)) + ", which is not implemented");
    }
  }

  private double ropeTheta() {
    if (!(json.get("rope_parameters") instanceof Map<?, ?> rope)) {
      if (json.get("rope_parameters") != null) {
        throw wrong("rope_parameters", "must be an object");
      }
      return number("rope_theta", 10000.0);
    }
    Object type = rope.get("rope_type");
    if (type != null && !type.equals("default")) {
      throw wrong(
          "rope_parameters.rope_type", "is " + show(type) + "; only default is implemented");
    }
    Object theta = rope.get("rope_theta");
    if (theta == null) {
      return number("rope_theta", 10000.0);
    }
    double value = toNumber("rope_parameters.rope_theta", theta);
    if (json.get("rope_theta") != null && number("rope_theta", null) != value) {
      throw wrong("rope_theta", "contradicts rope_parameters.rope_theta; remove one");
    }
    return value;
  }

  private int slidingWindow() {
    boolean legacy = json.get("sliding_window") == null && json.get("sliding_window_size") != null;
    return integer(legacy ? "sliding_window_size" : "sliding_window", 4096);
  }

  private List<LayerType> layerTypes(int nLayers) {
    Object value = json.get("layer_types");
    if (value == null) {
      return Gemma2Config.alternating(Math.max(0, Math.min(nLayers, 1 << 20)));
    }
    if (!(value instanceof List<?> list)) {
      throw wrong("layer_types", "must be a list");
    }
    List<LayerType> types = new ArrayList<>();
    for (Object entry : list) {
      types.add(layerType(entry, types.size()));
    }
    return types;
  }

  private LayerType layerType(Object entry, int layer) {
    for (LayerType type : LayerType.values()) {
      if (type.word().equals(entry)) {
        return type;
      }
    }
    throw wrong(
        "layer_types[" + layer + "]",
        "is " + show(entry) + "; sliding_attention and full_attention are known");
  }

  private double softcap(String key, double absent) {
    if (json.containsKey(key) && json.get(key) == null) {
      return 0;
    }
    double cap = number(key, absent);
    if (cap <= 0) {
      throw wrong(key, "must be above 0, or null for none");
    }
    return cap;
  }

  private List<Integer> eosIds() {
    Object value = json.get("eos_token_id");
    if (value instanceof List<?> list) {
      List<Integer> ids = new ArrayList<>();
      for (Object id : list) {
        ids.add(toInteger("eos_token_id", id));
      }
      return ids;
    }
    return List.of(integer("eos_token_id", 1));
  }

  private String dtype() {
    Object value = json.get("dtype") != null ? json.get("dtype") : json.get("torch_dtype");
    return value instanceof String text ? text : "";
  }

  private boolean bool(String key, boolean absent) {
    Object value = json.get(key);
    if (value == null) {
      return absent;
    }
    if (value instanceof Boolean b) {
      return b;
    }
    throw wrong(key, "must be true or false, not " + show(value));
  }

  private int integer(String key, Integer absent) {
    Object value = json.get(key);
    return value == null ? absent(key, absent).intValue() : toInteger(key, value);
  }

  private double number(String key, Double absent) {
    Object value = json.get(key);
    return value == null ? absent(key, absent).doubleValue() : toNumber(key, value);
  }

  private Number absent(String key, Number absent) {
    if (absent == null) {
      throw wrong(key, "is missing");
    }
    defaults.add(key + " " + absent);
    return absent;
  }

  private int toInteger(String key, Object value) {
    double number = toNumber(key, value);
    if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
      throw wrong(key, "must be a whole number below 2^31, not " + show(value));
    }
    return (int) number;
  }

  private double toNumber(String key, Object value) {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong(key, "must be a number, not " + show(value));
  }

  private static String show(Object value) {
    return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
  }

  private InputException wrong(String key, String reason) {
    return new MalformedFileException(origin, key, reason);
  }
}
