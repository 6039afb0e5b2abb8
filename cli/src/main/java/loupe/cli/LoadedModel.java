package loupe.cli;

import java.io.IOException;
import java.util.OptionalInt;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Generator;
import loupe.gemma2.KvCache;
import loupe.golden.ModelParts;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.sae.ModelShape;

/**
 * A model that is ready to run, as the options of the command say. Its weights stay in their file
 * until they are used. Close it to end its threads.
 */
final class LoadedModel implements AutoCloseable {
  /** Tokens of a prompt that are run at once where the user does not say. */
  static final int CHUNK = 512;

  private final ModelFiles files;
  private final Workers workers;
  private final Gemma2 model;
  private final OptionalInt chunk;

  private LoadedModel(ModelFiles files, Workers workers, Gemma2 model, OptionalInt chunk) {
    this.files = files;
    this.workers = workers;
    this.model = model;
    this.chunk = chunk;
  }

  /**
   * Opens the model, and says on standard error what is known to be wrong with it.
   *
   * @throws loupe.reference.InputException if it is missing or malformed, or an option is wrong
   */
  static LoadedModel open(ModelOptions options, Terminal terminal) {
    return open(new ModelFiles(options), options, Integer.MAX_VALUE, terminal);
  }

  /**
   * As {@link #open(ModelOptions, Terminal)}, for a command that ends after so many tokens: a short
   * one is done sooner with other kernels.
   *
   * @param files those of {@code options}
   */
  static LoadedModel open(ModelFiles files, ModelOptions options, int tokens, Terminal terminal) {
    OptionalInt chunk = options.chunk();
    options.numbers().name();
    Gemma2Config config = files.config().config();
    Workers workers = options.numbers().workers();
    try {
      // Beyond 2^63 the conversion gives the largest number.
      long work = (long) ((double) tokens * config.parameterCount());
      Arithmetic arithmetic = options.numbers().arithmetic(workers, terminal.environment(), work);
      ModelParts parts = ModelParts.of(config, files.weights(), arithmetic);
      ModelParts rounded =
          options.numbers().policy().map(it -> it.applyTo(parts, workers)).orElse(parts);
      Gemma2 model = options.quirk().quirk().map(it -> it.putInto(rounded)).orElse(rounded).model();
      files.notes().forEach(note -> terminal.note(files.name() + ": " + note));
      config.warnings().forEach(warning -> terminal.note("warning: " + warning));
      return new LoadedModel(files, workers, model, chunk);
    } catch (RuntimeException | Error e) {
      workers.close();
      throw e;
    }
  }

  ModelFiles files() {
    return files;
  }

  Gemma2 model() {
    return model;
  }

  /** The threads that the user wishes for. */
  Workers workers() {
    return workers;
  }

  /** What an SAE must know of it. */
  ModelShape shape() {
    return files.shape();
  }

  Gemma2Config config() {
    return model.config();
  }

  /** See {@link ModelFiles#promptIds}. */
  int[] promptIds(TextOptions text, Terminal terminal) throws IOException {
    return files.promptIds(text, terminal);
  }

  /** Tokens of a prompt to run at once, if the user wishes a number. */
  OptionalInt chunk() {
    return chunk;
  }

  /** Runs prompts in chunks of the length that the user wishes. */
  Generator generator() {
    return new Generator(model, chunk.orElse(CHUNK));
  }

  /**
   * Runs a prompt into a cache, with a bar on standard error where it takes long.
   *
   * @param hook sees every chunk
   * @return the logits of the last token, {@code [1, d_vocab]}
   */
  Tensor prefill(int[] ids, KvCache cache, Hook hook, Terminal terminal) {
    long steps = (long) ids.length * config().nLayers();
    try (Progress bar = terminal.progress("reading the prompt", steps)) {
      Hooks hooks =
          new Hooks(model.hookPoints())
              .read("blocks.*.hook_resid_post", (name, value, rows) -> bar.advance(rows.count()));
      if (hook != Hook.NONE) {
        hooks.add(hook);
      }
      return generator().prefill(ids, cache, hooks);
    }
  }

  @Override
  public void close() {
    workers.close();
  }
}
