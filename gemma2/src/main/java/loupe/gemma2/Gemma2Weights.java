package loupe.gemma2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Weight;

/**
 * The weights of a model, under the names of Hugging Face's checkpoints, each checked against the
 * configuration. Matrices are stored {@code [out, in]}; the weights of the norms are stored around
 * 0 (the gain is {@code 1 + w}).
 *
 * @param embedTokens {@code [d_vocab, d_model]}: the embedding, unscaled
 * @param layers one for each decoder layer
 * @param finalNorm {@code [d_model]}
 * @param unembed {@code [d_vocab, d_model]}: the embedding itself where the head is tied
 */
public record Gemma2Weights(
    Weight embedTokens, List<Layer> layers, Weight finalNorm, Weight unembed) {

  /**
   * The weights of one decoder layer.
   *
   * @param preAttentionNorm {@code [d_model]}, input_layernorm
   * @param q {@code [head * d_head, d_model]}, row r belongs to head {@code r / d_head}
   * @param k {@code [head_kv * d_head, d_model]}
   * @param v {@code [head_kv * d_head, d_model]}
   * @param o {@code [d_model, head * d_head]}
   * @param postAttentionNorm {@code [d_model]}, of the attention's output
   * @param preFeedForwardNorm {@code [d_model]}
   * @param gate {@code [d_mlp, d_model]}
   * @param up {@code [d_mlp, d_model]}
   * @param down {@code [d_model, d_mlp]}
   * @param postFeedForwardNorm {@code [d_model]}, of the feed-forward part's output
   */
  public record Layer(
      Weight preAttentionNorm,
      Weight q,
      Weight k,
      Weight v,
      Weight o,
      Weight postAttentionNorm,
      Weight preFeedForwardNorm,
      Weight gate,
      Weight up,
      Weight down,
      Weight postFeedForwardNorm) {}

  /**
   * Takes the weights from a checkpoint.
   *
   * @throws InputException if one is missing, has another shape than the configuration says, cannot
   *     be a weight, or if the checkpoint holds biases or a head of its own that the configuration
   *     does not admit
   */
  public static Gemma2Weights from(
      TensorSource source, Gemma2Config config, Arithmetic arithmetic) {
    return new Reader(source, config, arithmetic).read();
  }

  /**
   * Names and shapes of all tensors of a checkpoint, in its order: embedding, layers, final norm.
   */
  public static List<NamedShape> shapes(Gemma2Config c) {
    List<NamedShape> all = new ArrayList<>();
    all.add(new NamedShape("model.embed_tokens.weight", c.dVocab(), c.dModel()));
    int q = c.nHeads() * c.dHead();
    int kv = c.nKvHeads() * c.dHead();
    for (int layer = 0; layer < c.nLayers(); layer++) {
      String p = "model.layers." + layer + ".";
      all.add(new NamedShape(p + "input_layernorm.weight", c.dModel()));
      all.add(new NamedShape(p + "self_attn.q_proj.weight", q, c.dModel()));
      all.add(new NamedShape(p + "self_attn.k_proj.weight", kv, c.dModel()));
      all.add(new NamedShape(p + "self_attn.v_proj.weight", kv, c.dModel()));
      all.add(new NamedShape(p + "self_attn.o_proj.weight", c.dModel(), q));
      all.add(new NamedShape(p + "post_attention_layernorm.weight", c.dModel()));
      all.add(new NamedShape(p + "pre_feedforward_layernorm.weight", c.dModel()));
      all.add(new NamedShape(p + "mlp.gate_proj.weight", c.dMlp(), c.dModel()));
      all.add(new NamedShape(p + "mlp.up_proj.weight", c.dMlp(), c.dModel()));
      all.add(new NamedShape(p + "mlp.down_proj.weight", c.dModel(), c.dMlp()));
      all.add(new NamedShape(p + "post_feedforward_layernorm.weight", c.dModel()));
    }
    all.add(new NamedShape("model.norm.weight", c.dModel()));
    return all;
  }

  /** A tensor's name and shape. */
  public record NamedShape(String name, long... shape) {}

  private static final class Reader {
    private final TensorSource source;
    private final Gemma2Config config;
    private final Arithmetic arithmetic;
    private final List<NamedShape> shapes;
    private int next;

    Reader(TensorSource source, Gemma2Config config, Arithmetic arithmetic) {
      this.source = source;
      this.config = config;
      this.arithmetic = arithmetic;
      this.shapes = shapes(config);
    }

    Gemma2Weights read() {
      refuseBiases();
      Weight embedTokens = next();
      List<Layer> layers = new ArrayList<>();
      for (int layer = 0; layer < config.nLayers(); layer++) {
        layers.add(
            new Layer(
                next(), next(), next(), next(), next(), next(), next(), next(), next(), next(),
                next()));
      }
      return new Gemma2Weights(embedTokens, layers, next(), unembed(embedTokens));
    }

    /** The components of {@link Layer} stand in the order of {@link #shapes}. */
    private Weight next() {
      return take(shapes.get(next++));
    }

    private Weight take(NamedShape wanted) {
      StoredTensor tensor = source.tensor(wanted.name());
      if (!Arrays.equals(tensor.shape(), wanted.shape())) {
        throw new MalformedFileException(
            source.origin(),
            wanted.name(),
            "has shape %s, but the config asks for %s"
                .formatted(Arrays.toString(tensor.shape()), Arrays.toString(wanted.shape())));
      }
      return arithmetic.weight(tensor);
    }

    private void refuseBiases() {
      for (String name : source.names()) {
        if (name.startsWith("model.layers.") && name.endsWith(".bias")) {
          throw new MalformedFileException(
              source.origin(), name, "biases are not implemented; Gemma 2 has none");
        }
      }
      String beyond = "model.layers." + config.nLayers() + ".";
      if (source.names().stream().anyMatch(name -> name.startsWith(beyond))) {
        throw new MalformedFileException(
            source.origin(),
            beyond + "*",
            "the checkpoint has more layers than num_hidden_layers " + config.nLayers());
      }
    }

    private Weight unembed(Weight embedTokens) {
      String name = "lm_head.weight";
      if (!config.tiedHead()) {
        return take(new NamedShape(name, config.dVocab(), config.dModel()));
      }
      if (source.names().contains(name)
          && !sameElements(source.tensor(name), embedTokens.stored())) {
        throw new MalformedFileException(
            source.origin(),
            name,
            "differs from the embedding, but tie_word_embeddings is true; set it to false to use this head");
      }
      return embedTokens;
    }

    private static boolean sameElements(StoredTensor a, StoredTensor b) {
      if (!Arrays.equals(a.shape(), b.shape())) {
        return false;
      }
      double[] x = new double[8192];
      double[] y = new double[8192];
      long count = a.elementCount();
      for (long from = 0; from < count; from += x.length) {
        int length = (int) Math.min(x.length, count - from);
        a.read(from, x, 0, length);
        b.read(from, y, 0, length);
        if (!Arrays.equals(x, y)) {
          return false;
        }
      }
      return true;
    }
  }
}
