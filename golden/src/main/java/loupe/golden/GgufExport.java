package loupe.golden;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.gemma2.GgufModel;
import loupe.gemma2.GgufNames;
import loupe.loaders.GgmlType;
import loupe.loaders.GgufVocabulary;
import loupe.loaders.GgufWriter;
import loupe.loaders.Tokenizer;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Writes a model as a GGUF file, as llama.cpp's converter would: norms as {@code 1 + w} in float32,
 * matrices in the type that is asked for, names, keys and vocabulary as llama.cpp knows them. A
 * model that readers of GGUF would take for another is refused. Memory is a few megabytes for each
 * thread whatever the model's size.
 */
public final class GgufExport {
  /** Elements that are read at once: whole blocks of every type. */
  private static final int BLOCK = 1 << 18;

  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final GgmlType type;
  private final double queryFactor;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, GgufNames.Name> names;
  private final List<GgufWriter.Entry> entries = new ArrayList<>();
  private final List<String> checkpointNames = new ArrayList<>();

  /**
   * A model that is to be written.
   *
   * @param checkpoint its weights, which must fit the configuration
   * @param type of matrices: F32, F16, BF16 or Q8_0
   * @param foldQueryScale whether a query scalar that GGUF cannot express is multiplied into the
   *     query weights
   * @throws InputException if GGUF cannot express the model, or weights do not fit
   */
  public GgufExport(
      Gemma2Config config, TensorSource checkpoint, GgmlType type, boolean foldQueryScale) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.type = type;
    GgufSettings.requireExpressible(config, checkpoint.origin(), foldQueryScale);
    // Reads nothing but names and shapes, which must fit.
    Gemma2Weights.from(checkpoint, config, new Float64(Workers.of(1)));
    this.names = GgufNames.byCheckpoint(config.nLayers());
    this.queryFactor =
        Math.sqrt(GgufModel.impliedQueryScalar(config) / config.queryPreAttnScalar());
    notes.addAll(GgufSettings.notes(config));
    if (queryFactor != 1) {
      notes.add(
          "query weights are multiplied by "
              + queryFactor
              + " (the root of "
              + GgufModel.impliedQueryScalar(config)
              + " / "
              + config.queryPreAttnScalar()
              + ") and rounded");
    }
    declare();
  }

  private void declare() {
    Map<Long, Integer> narrow = new LinkedHashMap<>();
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      long[] shape = tensor.shape();
      long row = shape[shape.length - 1];
      GgmlType used = shape.length == 1 ? GgmlType.F32 : type;
      if (row % used.blockElements() != 0) {
        used = GgmlType.F16;
        narrow.merge(row, 1, Integer::sum);
      }
      entries.add(new GgufWriter.Entry(names.get(tensor.name()).gguf(), used, shape));
      checkpointNames.add(tensor.name());
    }
    narrow.forEach(
        (row, count) ->
            notes.add(
                "%d matrices have rows of %d elements, no multiple of %d: they are written as F16"
                    .formatted(count, row, type.blockElements())));
  }

  /** What a user should know about the file, one sentence each. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** Elements that {@link #write} writes. */
  public long elementCount() {
    return config.parameterCount();
  }

  /**
   * Writes the file, which appears whole or not at all.
   *
   * @param name the model's, as the file will say it
   * @param tokenizer its vocabulary, or none
   * @param progress called from any thread with a number of further elements written
   * @throws InputException if the vocabulary cannot be written, a weight is not finite or beyond
   *     the type, or the file cannot be written
   */
  public void write(
      Path target,
      String name,
      Optional<Tokenizer> tokenizer,
      Workers workers,
      LongConsumer progress) {
    Map<String, Object> keys = GgufSettings.keys(config, name, fileType());
    keys.putAll(
        tokenizer
            .map(it -> GgufVocabulary.keys(it, config.dVocab()))
            .orElseGet(() -> GgufVocabulary.none(config.bosId(), config.eosIds())));
    try (GgufWriter writer = GgufWriter.create(target, keys, entries)) {
      for (int i = 0; i < entries.size(); i++) {
        write(writer, entries.get(i), checkpointNames.get(i), workers, progress);
      }
      writer.commit();
    }
  }

  /** {@code llama_ftype} of llama.h. */
  private int fileType() {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q8_0 -> 7;
      case BF16 -> 32;
      default -> throw new InputException("GGUF files are written as f32, f16, bf16 or q8_0");
    };
  }

  private void write(
      GgufWriter writer,
      GgufWriter.Entry entry,
      String checkpointName,
      Workers workers,
      LongConsumer progress) {
    StoredTensor tensor = checkpoint.tensor(checkpointName);
    boolean gain = names.get(checkpointName).holdsGain();
    double factor = checkpointName.endsWith("q_proj.weight") ? queryFactor : 1;
    long count = tensor.elementCount();
    int pieces = (int) ((count + BLOCK - 1) / BLOCK);
    workers.forEach(
        pieces,
        piece -> {
          long from = (long) piece * BLOCK;
          int length = (int) Math.min(BLOCK, count - from);
          float[] values = new float[length];
          if (gain || factor != 1) {
            double[] exact = new double[length];
            tensor.read(from, exact, 0, length);
            for (int i = 0; i < length; i++) {
              values[i] = (float) (gain ? 1 + exact[i] : exact[i] * factor);
            }
          } else {
            tensor.read(from, values, 0, length);
          }
          writer.write(entry.name(), from, values, length);
          progress.accept(length);
        });
  }
}
