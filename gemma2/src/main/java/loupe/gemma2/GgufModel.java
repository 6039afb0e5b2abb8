package loupe.gemma2;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A Gemma 2 model in a GGUF file, as a configuration and a checkpoint under Hugging Face's names.
 *
 * @param config resolved values, and what the file left open
 * @param checkpoint the weights; those of norms are stored around 0 again
 * @param notes what a user should know about the file, one sentence each
 */
public record GgufModel(ConfigJson.Resolved config, TensorSource checkpoint, List<String> notes) {
  /**
   * @param keys all keys of the file but long lists, as plain Java
   * @param tensors those of the file, under its names
   * @throws InputException if this is another model, or not implemented, or a tensor is missing
   */
  public static GgufModel read(Map<String, Object> keys, TensorSource tensors) {
    String origin = tensors.origin();
    String embedding = "token_embd.weight";
    if (!tensors.names().contains(embedding)) {
      throw new MalformedFileException(origin, "tensor " + embedding, "is missing");
    }
    long[] shape = tensors.tensor(embedding).shape();
    if (shape.length != 2 || shape[0] > Integer.MAX_VALUE) {
      throw new MalformedFileException(origin, "tensor " + embedding, "is no matrix");
    }
    boolean tied = !tensors.names().contains("output.weight");
    ConfigJson.Resolved config =
        new GgufKeys(keys, origin).resolve((int) shape[0], tied, dtype(tensors));
    Renamed checkpoint = Renamed.of(tensors, config.config().nLayers());
    return new GgufModel(config, checkpoint, checkpoint.notes());
  }

  /**
   * The query scalar that readers of GGUF take for a model of this shape: head_dim, but d_model /
   * head for 46 layers, by which llama.cpp knows the 27B model.
   */
  public static double impliedQueryScalar(Gemma2Config config) {
    return GgufKeys.queryScalar(config.nLayers(), config.dModel(), config.nHeads(), config.dHead());
  }

  /** The shortest decimal that float32 rounds to the same number, as float64. */
  public static double decimal(float value) {
    return GgufKeys.decimal(value);
  }

  /** The type of the largest tensor of a layer, as a config.json would say it. */
  private static String dtype(TensorSource tensors) {
    String down = "blk.0.ffn_down.weight";
    if (!tensors.names().contains(down)) {
      return "";
    }
    return switch (tensors.tensor(down).dtype()) {
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      case F64 -> "float64";
      default -> "float32";
    };
  }

  /** The tensors under the names of a checkpoint. */
  private record Renamed(
      Map<String, StoredTensor> tensors,
      Map<String, GgufNames.Name> known,
      String origin,
      List<String> notes)
      implements TensorSource {

    static Renamed of(TensorSource gguf, int nLayers) {
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      Set<String> left = new java.util.LinkedHashSet<>(gguf.names());
      left.removeAll(GgufNames.TABLES);
      int norms = 0;
      int inexact = 0;
      Map<String, GgufNames.Name> known = GgufNames.byCheckpoint(nLayers);
      for (GgufNames.Name name : known.values()) {
        if (!left.remove(name.gguf())) {
          continue;
        }
        StoredTensor stored = gguf.tensor(name.gguf());
        if (name.holdsGain()) {
          requireVector(gguf.origin(), name.gguf(), stored);
          GainWeight weight = new GainWeight(name.checkpoint(), stored);
          norms++;
          inexact += weight.inexact();
          stored = weight;
        }
        tensors.put(name.checkpoint(), stored);
      }
      if (!left.isEmpty()) {
        throw new MalformedFileException(
            gguf.origin(),
            "tensor " + left.iterator().next(),
            "Gemma 2 with " + nLayers + " layers has no such tensor");
      }
      return new Renamed(tensors, known, gguf.origin(), notes(norms, inexact));
    }

    /** A norm is read at once, so it must be small. */
    private static void requireVector(String origin, String name, StoredTensor stored) {
      if (stored.shape().length != 1 || stored.elementCount() > 1 << 24) {
        throw new MalformedFileException(origin, "tensor " + name, "is no vector of a norm");
      }
    }

    private static List<String> notes(int norms, int inexact) {
      List<String> notes = new ArrayList<>();
      notes.add(
          "GGUF holds 1 + w in its "
              + norms
              + " norms; 1 is taken off again, and every gain keeps its bits (pitfall P5)");
      if (inexact > 0) {
        notes.set(
            0, notes.get(0).replace("every gain keeps", "all but " + inexact + " gains keep"));
      }
      return List.copyOf(notes);
    }

    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
      StoredTensor tensor = tensors.get(name);
      if (tensor == null) {
        String place = known.containsKey(name) ? known.get(name).gguf() : name;
        throw new MalformedFileException(origin, "tensor " + place, "is missing");
      }
      return tensor;
    }
  }
}
