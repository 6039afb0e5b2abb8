package loupe.gemma2;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import loupe.reference.MalformedFileException;

/**
 * The configuration that the keys of a GGUF file say, resolved as llama.cpp does (src/models/
 * gemma2.cpp). What this program does not implement is an error, never ignored; what the file
 * leaves open is noted, and that is much: GGUF has no key for the query scalar (pitfalls P2, P13).
 */
final class GgufKeys {
  private static final String ARCHITECTURE = "gemma2";
  private static final int LAYERS_OF_27B = 46;

  /** Keys that are understood. */
  private static final Set<String> KNOWN =
      Set.of(
          "context_length",
          "embedding_length",
          "block_count",
          "feed_forward_length",
          "vocab_size",
          "attention.head_count",
          "attention.head_count_kv",
          "attention.key_length",
          "attention.value_length",
          "attention.layer_norm_rms_epsilon",
          "attention.sliding_window",
          "attention.sliding_window_pattern",
          "attn_logit_softcapping",
          "final_logit_softcapping",
          "rope.freq_base",
          "rope.freq_base_swa",
          "rope.dimension_count",
          "rope.scaling.type");

  private final Map<String, Object> values;
  private final String origin;
  private final List<String> defaults = new ArrayList<>();

  /**
   * @param values all keys but long lists, as plain Java
   * @param origin the file, for messages
   */
  GgufKeys(Map<String, Object> values, String origin) {
    this.values = values;
    this.origin = origin;
  }

  /**
   * @param dVocab rows of the embedding, which stand for the vocabulary's size
   * @param dtype how most weights are stored, in words
   */
  ConfigJson.Resolved resolve(int dVocab, boolean tiedHead, String dtype) {
    refuseOtherModels();
    int nLayers = integer("block_count", null);
    int dModel = integer("embedding_length", null);
    int nHeads = integer("attention.head_count", null);
    int dHead = integer("attention.key_length", nHeads > 0 ? dModel / nHeads : 0);
    requireSame("attention.value_length", dHead);
    requireSame("rope.dimension_count", dHead);
    requireSame("vocab_size", dVocab);
    double theta = number("rope.freq_base", 10000.0);
    requireSame("rope.freq_base_swa", theta);
    try {
      Gemma2Config config =
          new Gemma2Config(
              dModel,
              nLayers,
              nHeads,
              integer("attention.head_count_kv", nHeads),
              dHead,
              integer("feed_forward_length", null),
              dVocab,
              noteQueryScalar(nLayers, queryScalar(nLayers, dModel, nHeads, dHead)),
              softcap("attn_logit_softcapping", 50),
              softcap("final_logit_softcapping", 30),
              integer("attention.sliding_window", 4096),
              layerTypes(nLayers),
              theta,
              number("attention.layer_norm_rms_epsilon", null),
              integer("context_length", 8192),
              tokenId("bos", 2),
              eosIds(),
              tiedHead,
              dtype);
      return new ConfigJson.Resolved(config, List.copyOf(defaults));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(origin, "", e.getMessage());
    }
  }

  private void refuseOtherModels() {
    Object architecture = values.get("general.architecture");
    if (!ARCHITECTURE.equals(architecture)) {
      throw wrong("general.architecture", "is " + architecture + "; only gemma2 is implemented");
    }
    String prefix = ARCHITECTURE + ".";
    for (String key : new TreeSet<>(values.keySet())) {
      if (key.startsWith(prefix) && !KNOWN.contains(key.substring(prefix.length()))) {
        throw wrong(key, "is not implemented; Gemma 2 has no such setting");
      }
    }
    Object scaling = values.get(prefix + "rope.scaling.type");
    if (scaling != null && !scaling.equals("none")) {
      throw wrong(prefix + "rope.scaling.type", "is " + scaling + "; only none is implemented");
    }
  }

  /** llama.cpp knows the 27B model, whose scalar is not its head_dim, by its number of layers. */
  static int queryScalar(int nLayers, int dModel, int nHeads, int dHead) {
    return nLayers == LAYERS_OF_27B && nHeads > 0 ? dModel / nHeads : dHead;
  }

  private double noteQueryScalar(int nLayers, int scalar) {
    String why =
        nLayers == LAYERS_OF_27B
            ? "embedding_length / head_count, for 46 layers"
            : "attention.key_length";
    defaults.add("query_pre_attn_scalar " + scalar + " (GGUF has no key for it: " + why + ", P13)");
    return scalar;
  }

  private double softcap(String key, double absent) {
    double cap = number(key, absent);
    if (cap <= 0) {
      throw wrong(ARCHITECTURE + "." + key, "must be above 0, not " + cap);
    }
    return cap;
  }

  /** A period n (the last of n layers is global), or for each layer whether it is local. */
  private List<LayerType> layerTypes(int nLayers) {
    String key = ARCHITECTURE + ".attention.sliding_window_pattern";
    int most = Math.max(0, Math.min(nLayers, 1 << 20));
    Object pattern = values.get(key);
    if (pattern == null) {
      defaults.add("layer_types alternating, the first is local");
      return Gemma2Config.alternating(most);
    }
    List<LayerType> types = new ArrayList<>();
    if (pattern instanceof List<?> list) {
      for (Object local : list) {
        types.add(layerType(local.equals(true) || local.equals(1L)));
      }
    } else if (pattern instanceof Long period && period >= 0) {
      for (int layer = 0; layer < most; layer++) {
        types.add(layerType(period == 0 || layer % period < period - 1));
      }
    } else {
      throw wrong(key, "must be a period or a list");
    }
    return types;
  }

  private static LayerType layerType(boolean local) {
    return local ? LayerType.SLIDING_ATTENTION : LayerType.FULL_ATTENTION;
  }

  private int tokenId(String which, int absent) {
    String key = "tokenizer.ggml." + which + "_token_id";
    if (!values.containsKey(key)) {
      defaults.add(which + "_token_id " + absent);
      return absent;
    }
    return toInteger(key, values.get(key));
  }

  private List<Integer> eosIds() {
    List<Integer> ids = new ArrayList<>(List.of(tokenId("eos", 1)));
    Object turn = values.get("tokenizer.ggml.eot_token_id");
    if (turn != null && !ids.contains(toInteger("tokenizer.ggml.eot_token_id", turn))) {
      ids.add(toInteger("tokenizer.ggml.eot_token_id", turn));
    }
    return ids;
  }

  private void requireSame(String name, double value) {
    String key = ARCHITECTURE + "." + name;
    if (values.containsKey(key) && toNumber(key, values.get(key)) != value) {
      throw wrong(key, "is " + values.get(key) + "; only " + shown(value) + " is implemented here");
    }
  }

  private int integer(String name, Integer absent) {
    String key = ARCHITECTURE + "." + name;
    Object value = oneForAll(values.get(key));
    return value == null ? (int) absent(key, absent) : toInteger(key, value);
  }

  /** llama.cpp may write a number for each layer. */
  private static Object oneForAll(Object value) {
    if (value instanceof List<?> list && !list.isEmpty()) {
      return list.stream().distinct().count() == 1 ? list.get(0) : list;
    }
    return value;
  }

  private double number(String name, Double absent) {
    String key = ARCHITECTURE + "." + name;
    Object value = values.get(key);
    return value == null ? absent(key, absent) : toNumber(key, value);
  }

  private double absent(String key, Number absent) {
    if (absent == null) {
      throw wrong(key, "is missing");
    }
    defaults.add(key.substring(key.indexOf('.') + 1) + " " + absent);
    return absent.doubleValue();
  }

  private int toInteger(String key, Object value) {
    double number = toNumber(key, value);
    if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
      throw wrong(key, "must be a whole number below 2^31, not " + value);
    }
    return (int) number;
  }

  private double toNumber(String key, Object value) {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return value instanceof Float f ? decimal(f) : number.doubleValue();
    }
    throw wrong(key, "must be a number, not " + value);
  }

  /**
   * The shortest decimal that float32 rounds to the same number: what the {@code config.json} said
   * (1e-6, and not 9.99999997e-7).
   */
  static double decimal(float value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < 9; digits++) {
      double rounded = exact.round(new MathContext(digits)).doubleValue();
      if ((float) rounded == value) {
        return rounded;
      }
    }
    return exact.round(new MathContext(9)).doubleValue();
  }

  private static String shown(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  private MalformedFileException wrong(String key, String reason) {
    return new MalformedFileException(origin, "key " + key, reason);
  }
}
