package loupe.golden.quirk;

import java.util.Map;
import java.util.function.Function;
import loupe.gemma2.ConfigBuilder;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.reference.FloatFormat;

/** Tensors that a loader puts in the wrong place, permutes or rounds. */
final class WeightQuirks {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  private WeightQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    zoo.put("gate-up-swapped", swap("mlp.gate_proj", "mlp.up_proj"));
    zoo.put("k-v-swapped", swap("self_attn.k_proj", "self_attn.v_proj"));
    zoo.put("norm-names-as-llama", swap("post_attention_layernorm", "pre_feedforward_layernorm"));
    zoo.put("pre-norms-swapped", swap("input_layernorm", "pre_feedforward_layernorm"));
    zoo.put("post-norms-swapped", swap("post_attention_layernorm", "post_feedforward_layernorm"));
    zoo.put("mlp-norms-swapped", swap("pre_feedforward_layernorm", "post_feedforward_layernorm"));
    zoo.put("q-k-permuted-as-llama", ModelChange.weights(WeightQuirks::permuted));
    zoo.put(
        "z-flattened-dim-first",
        ModelChange.weights(
            w -> w.map("self_attn.o_proj", values -> dimensionFirst(values, w.config()))));
    zoo.put("weights-rounded-to-bf16", ModelChange.weights(WeightQuirks::rounded));
    zoo.put("head-uses-scaled-embedding", head(c -> values -> map(values, Math.sqrt(c.dModel()))));
    zoo.put("head-centred", head(c -> values -> centred(values, c.dModel())));
  }

  /** In bfloat16 the factor is rounded. */
  static void addVariantsTo(Map<String, ModelChange> variants) {
    variants.put(
        "head-uses-scaled-embedding",
        head(c -> values -> map(values, FloatFormat.BF16.round(Math.sqrt(c.dModel())))));
  }

  private static ModelChange swap(String a, String b) {
    return ModelChange.weights(w -> w.swap(a, b));
  }

  /** As the conversion of Llama to GGUF does: pairs (p, p + h/2) become neighbours. */
  private static EditedWeights permuted(EditedWeights w) {
    Function<double[], double[]> permute =
        values -> {
          int h = w.config().dHead();
          int width = w.config().dModel();
          double[] out = new double[values.length];
          for (int row = 0; row < values.length / width; row++) {
            int p = row % h;
            int from = row - p + (p % 2 == 0 ? p / 2 : h / 2 + p / 2);
            System.arraycopy(values, from * width, out, row * width, width);
          }
          return out;
        };
    return w.map("self_attn.q_proj", permute).map("self_attn.k_proj", permute);
  }

  private static double[] dimensionFirst(double[] values, Gemma2Config c) {
    int width = c.nHeads() * c.dHead();
    double[] out = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int column = i % width;
      int head = column / c.dHead();
      int p = column % c.dHead();
      out[i] = values[i - column + p * c.nHeads() + head];
    }
    return out;
  }

  private static EditedWeights rounded(EditedWeights w) {
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(w.config())) {
      w.map(
          tensor.name(),
          values -> {
            for (int i = 0; i < values.length; i++) {
              values[i] = FloatFormat.BF16.round(values[i]);
            }
            return values;
          });
    }
    return w;
  }

  /** A head of its own, made from the embedding. */
  private static ModelChange head(Function<Gemma2Config, Function<double[], double[]>> values) {
    ModelChange weights =
        ModelChange.weights(
            w -> {
              String from = w.config().tiedHead() ? EMBEDDING : HEAD;
              return w.add(HEAD, from, values.apply(w.config()));
            });
    return weights.then(
        parts -> parts.withConfig(new ConfigBuilder(parts.config()).tiedHead(false).build()));
  }

  private static double[] map(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  /** Subtracts from each column its mean over the vocabulary. */
  private static double[] centred(double[] values, int width) {
    double[] mean = new double[width];
    for (int i = 0; i < values.length; i++) {
      mean[i % width] += values[i] * width / values.length;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] -= mean[i % width];
    }
    return values;
  }
}
