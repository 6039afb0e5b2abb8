package loupe.cli;

import java.io.IOException;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Generator;
import loupe.gemma2.KvCache;
import loupe.loaders.Tokenizer;
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
  private static final int CHUNK = 512;

  private final ModelFiles files;
  private final Workers workers;
  private final Gemma2 model;
  private final int chunk;

  private LoadedModel(ModelFiles files, Workers workers, Gemma2 model, int chunk) {
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
    int chunk = options.chunk().orElse(CHUNK);
    options.numbers().name();
    ModelFiles files = new ModelFiles(options);
    Workers workers = options.numbers().workers();
    try {
      Arithmetic arithmetic = options.numbers().arithmetic(workers, terminal.environment());
      Gemma2Config config = files.config().config();
      Gemma2 model = new Gemma2(config, files.weights(), arithmetic);
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
    Gemma2Config c = config();
    return new ModelShape(files.modelName(), c.dModel(), c.nHeads(), c.dHead(), c.nLayers());
  }

  Gemma2Config config() {
    return model.config();
  }

  /**
   * The ids of the prompt: those of {@code --tokens} exactly as written, else {@code <bos>} and the
   * ids of the text. One or more, each in the vocabulary.
   *
   * @throws loupe.reference.InputException if there is not exactly one source, an id is outside the
   *     vocabulary, or a text is given and there is no tokenizer
   */
  int[] promptIds(TextOptions text, Terminal terminal) throws IOException {
    int[] ids = text.ids().orElse(null);
    if (ids == null) {
      ids = files.requireTokenizer().encode(text.text(terminal), true, Tokenizer.Specials.TEXT);
    }
    config().requireTokens(ids);
    return ids;
  }

  /** Runs prompts in chunks of the length that the user wishes. */
  Generator generator() {
    return new Generator(model, chunk);
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
