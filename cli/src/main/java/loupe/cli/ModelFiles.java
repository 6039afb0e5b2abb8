package loupe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.GgufModel;
import loupe.golden.EmbeddedModel;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.loaders.Checkpoint;
import loupe.loaders.GgufFile;
import loupe.loaders.StrictJson;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.ModelShape;

/**
 * The files of the model that {@code --model} names: the embedded one, a folder in Hugging Face
 * layout, or a GGUF file. Each is read when it is asked for, so a command pays for what it uses;
 * configuration and tokenizer are kept.
 */
final class ModelFiles {
  /** The folder, or the GGUF file; null for the embedded model. */
  private final Path place;

  /** The tokenizer that the user chose; else null. */
  private final Path chosenTokenizer;

  /** The known bug that the user wants in it. */
  private final Optional<Quirk> quirk;

  private ConfigJson.Resolved config;
  private Optional<Tokenizer> tokenizer;
  private GgufFile gguf;
  private GgufModel ggufModel;

  /**
   * Looks at nothing but whether the model is there.
   *
   * @throws InputException if it is not, or is of a form that cannot be read
   */
  ModelFiles(ModelOptions options) {
    this(options.model(), options.tokenizer(), options.quirk().quirk());
  }

  private ModelFiles(String model, Path tokenizer, Optional<Quirk> quirk) {
    this.place = model.equals(EmbeddedModel.NAME) ? null : ModelPath.require(Path.of(model));
    this.chosenTokenizer = tokenizer;
    this.quirk = quirk;
  }

  /** The model of this name, with its own tokenizer; as {@link #ModelFiles(ModelOptions)}. */
  static ModelFiles of(String model) {
    return new ModelFiles(model, null, Optional.empty());
  }

  /** Whether this is a GGUF file, which holds everything; opens it at the first call. */
  private boolean fromGguf() {
    if (isEmbedded() || !ModelPath.isGguf(place)) {
      return false;
    }
    if (gguf == null) {
      gguf = GgufFile.open(place);
    }
    return true;
  }

  private GgufModel ggufModel() {
    if (ggufModel == null) {
      ggufModel = GgufModel.read(gguf.metadata().values(), gguf);
    }
    return ggufModel;
  }

  /** Whether this is the model that comes with the program. */
  boolean isEmbedded() {
    return place == null;
  }

  /** What messages call it: {@code tiny}, or the folder as the user named it. */
  String name() {
    return isEmbedded() ? EmbeddedModel.NAME : place.toString();
  }

  /**
   * The model's own name: {@code tiny}, {@code google/gemma-2-2b} for a folder in the cache of
   * Hugging Face, else the last part of the folder's path.
   */
  String modelName() {
    if (isEmbedded()) {
      return EmbeddedModel.NAME;
    }
    return ModelPath.modelName(place);
  }

  /** The configuration, with the defaults that were taken. */
  ConfigJson.Resolved config() {
    if (config == null) {
      config = isEmbedded() ? EmbeddedModel.config() : readConfig();
    }
    return config;
  }

  /** What an SAE must fit. */
  ModelShape shape() {
    Gemma2Config c = config().config();
    return new ModelShape(modelName(), c.dModel(), c.nHeads(), c.dHead(), c.nLayers());
  }

  private ConfigJson.Resolved readConfig() {
    if (fromGguf()) {
      return ggufModel().config();
    }
    Path file = place.resolve("config.json");
    return ConfigJson.read(StrictJson.readObject(file).fields(), file.toString());
  }

  /** What a user should know about how the model is stored, one sentence each. */
  List<String> notes() {
    if (!fromGguf()) {
      return List.of();
    }
    List<String> notes = new ArrayList<>(ggufModel().notes());
    notes.add("GGUF leaves open, and is taken: " + String.join(", ", config().defaults()));
    notes.add("stored as " + gguf.typeCounts());
    return notes;
  }

  /** Whether there are weights at all; {@link #weights} may still refuse them. */
  boolean hasWeights() {
    return isEmbedded() || fromGguf() || Checkpoint.isIn(place);
  }

  /** The checkpoint: headers are read and checked, tensors stay in the file. */
  TensorSource weights() {
    if (fromGguf()) {
      return ggufModel().checkpoint();
    }
    return isEmbedded() ? EmbeddedModel.weights() : Checkpoint.open(place);
  }

  /** How many files the weights are in. */
  int shards() {
    return isEmbedded() || fromGguf() ? 1 : Checkpoint.fileCount(place);
  }

  /** The tokenizer: the one that the user chose, else the model's own, which may be missing. */
  Optional<Tokenizer> tokenizer() {
    if (tokenizer == null) {
      tokenizer = openTokenizer().map(t -> quirk.map(it -> it.applyTo(t)).orElse(t));
    }
    return tokenizer;
  }

  private Optional<Tokenizer> openTokenizer() {
    if (chosenTokenizer != null) {
      return Optional.of(TokenizerFile.open(chosenTokenizer));
    }
    if (fromGguf()) {
      return gguf.tokenizer();
    }
    return isEmbedded()
        ? Optional.of(
            TokenizerFile.open("embedded tokenizer.model", EmbeddedModel.tokenizerModel()))
        : TokenizerFile.inFolder(place);
  }

  /** As {@link #tokenizer()}, where there is no way without: {@link InputException} says so. */
  Tokenizer requireTokenizer() {
    return tokenizer()
        .orElseThrow(
            () ->
                new InputException(
                    place
                        + (fromGguf()
                            ? ": the file has no vocabulary"
                            : ": neither tokenizer.model nor tokenizer.json is there")
                        + "; give ids by"
                        + " --tokens, or a tokenizer by --tokenizer"));
  }

  /**
   * The ids of a prompt: those of {@code --tokens} exactly as written, else {@code <bos>} and the
   * ids of the text. One or more, each in the vocabulary.
   *
   * @throws InputException if there is not exactly one source, an id is outside the vocabulary, or
   *     a text is given and there is no tokenizer
   */
  int[] promptIds(TextOptions text, Terminal terminal) throws IOException {
    return promptIds(text, UnaryOperator.identity(), terminal);
  }

  /** As {@link #promptIds(TextOptions, Terminal)}, of the text that {@code form} makes of it. */
  int[] promptIds(TextOptions text, UnaryOperator<String> form, Terminal terminal)
      throws IOException {
    int[] ids = text.ids().orElse(null);
    if (ids == null) {
      Tokenizer tokenizer = requireTokenizer();
      ids = tokenizer.encode(form.apply(text.text(terminal)), true, Tokenizer.Specials.TEXT);
    }
    int[] correct = ids;
    ids = quirk.map(it -> it.applyTo(correct, config().config().bosId())).orElse(correct);
    config().config().requireTokens(ids);
    if (ids.length > config().config().maxPositions()) {
      warnOfLength(terminal);
    }
    return ids;
  }

  /**
   * The ids of a text as known bugs of tokenizers would give them, by the bug's name, where they
   * are other ids; none without a text.
   */
  Map<String, int[]> promptsOfBugs(String words) {
    Map<String, int[]> prompts = new LinkedHashMap<>();
    if (words == null) {
      return prompts;
    }
    Tokenizer right = requireTokenizer();
    int[] correct = right.encode(words, true, Tokenizer.Specials.TEXT);
    for (Quirk bug : Zoo.all()) {
      if (bug.part() == Quirk.Part.TOKENIZER) {
        int[] ids = bug.applyTo(right).encode(words, true, Tokenizer.Specials.TEXT);
        if (!Arrays.equals(ids, correct)) {
          prompts.put(bug.name(), ids);
        }
      }
    }
    return prompts;
  }

  /** Says that a text is longer than the model was made for. */
  void warnOfLength(Terminal terminal) {
    terminal.note(
        "warning: more than %d tokens (max_position_embeddings): the model was not trained on texts as long"
            .formatted(config().config().maxPositions()));
  }

  /**
   * The vocabulary's own string of an id; null without a tokenizer, and for ids beyond its
   * vocabulary: embeddings may have been padded with rows that stand for nothing.
   */
  String piece(int id) {
    Tokenizer known = tokenizer().orElse(null);
    return known == null || id >= known.vocabSize() ? null : known.piece(id);
  }

  /** The ids that end a text, by {@code config.json} and {@code generation_config.json}. */
  Set<Integer> eosIds() {
    Set<Integer> ids = new LinkedHashSet<>(config().config().eosIds());
    if (fromGguf()) {
      // As llama.cpp does: a GGUF file has no list of such ids.
      tokenizer().ifPresent(t -> t.id("<end_of_turn>").ifPresent(ids::add));
      return ids;
    }
    Path generation = isEmbedded() ? null : place.resolve("generation_config.json");
    if (generation != null && Files.exists(generation)) {
      List<Integer> more =
          ConfigJson.generationEosIds(
              StrictJson.readObject(generation).fields(), generation.toString());
      ids.addAll(more);
    }
    return ids;
  }
}
