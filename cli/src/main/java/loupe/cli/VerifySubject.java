package loupe.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.golden.EmbeddedModel;
import loupe.golden.facts.NotApplicable;
import loupe.golden.facts.Subject;
import loupe.golden.facts.Verification;
import loupe.loaders.StrictJson;
import loupe.loaders.Tokenizer;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.Catalogue;
import loupe.sae.SaeEntry;
import loupe.sae.SaeName;

/** What the user of {@code loupe verify} has. Opened part by part; close it. */
final class VerifySubject implements Subject, AutoCloseable {
  private static final String TOKENIZER_MODEL = "tokenizer.model";

  private final ModelOptions options;
  private final Terminal terminal;
  private final ModelFiles files;
  private final String calledAs;
  private final Map<String, String> saeFiles;
  private final Map<String, Path> texts;
  private final Catalogue catalogue = Catalogue.gemmaScopeAnd(EmbeddedModel.saes());
  private final Map<String, AttachedSae> saes = new HashMap<>();
  private LoadedModel loaded;

  /**
   * @param calledAs what the user says the model is; null for nothing
   * @param saeFiles files by the id of an SAE, or by themselves where their path says which it is
   * @param texts files by the id of the fact that is about them
   */
  VerifySubject(
      ModelOptions options,
      Terminal terminal,
      String calledAs,
      Map<String, String> saeFiles,
      Map<String, Path> texts) {
    this.options = options;
    this.terminal = terminal;
    this.files = new ModelFiles(options);
    this.calledAs = calledAs;
    this.saeFiles = saeFiles;
    this.texts = texts;
  }

  @Override
  public Set<String> modelNames() {
    Set<String> names = new LinkedHashSet<>();
    if (calledAs != null) {
      names.add(calledAs.substring(calledAs.lastIndexOf('/') + 1));
      return names;
    }
    String own = files.modelName();
    String released = Verification.releasedName(own);
    if (!released.isEmpty()) {
      names.add(released);
    } else if (Verification.releasedShape(config()).isEmpty()) {
      names.add(own.substring(own.lastIndexOf('/') + 1));
    }
    return names;
  }

  @Override
  public String modelLabel() {
    return files.name();
  }

  @Override
  public Gemma2Config config() {
    return files.config().config();
  }

  @Override
  public boolean hasWeights() {
    return files.hasWeights();
  }

  @Override
  public Gemma2 model() {
    if (loaded == null) {
      loaded = LoadedModel.open(files, options, Integer.MAX_VALUE, terminal);
    }
    return loaded.model();
  }

  @Override
  public TensorSource checkpoint() {
    return files.weights();
  }

  @Override
  public int checkpointFiles() {
    return files.shards();
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    return files.tokenizer();
  }

  @Override
  public Optional<byte[]> tokenizerModel() {
    if (files.isEmbedded() && options.tokenizer() == null) {
      return Optional.of(EmbeddedModel.tokenizerModel());
    }
    Optional<Path> file =
        tokenizer().map(t -> Path.of(t.origin())).filter(p -> p.endsWith(TOKENIZER_MODEL));
    try {
      return file.isPresent() ? Optional.of(Files.readAllBytes(file.get())) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean tokenizerIsChosen() {
    return options.tokenizer() != null;
  }

  @Override
  public Set<Integer> eosIds() {
    return files.eosIds();
  }

  @Override
  public AttachedSae sae(String id) {
    return saes.computeIfAbsent(id, this::open);
  }

  private AttachedSae open(String id) {
    Arithmetic arithmetic =
        loaded == null
            ? options.numbers().arithmetic(options.numbers().workers(), terminal.environment())
            : loaded.model().arithmetic();
    SaeFinder finder =
        new SaeFinder(new SaeOptions(), arithmetic, Optional.empty(), terminal.environment());
    Optional<String> given = givenFor(id);
    if (given.isPresent()) {
      FoundSae found = finder.find(given.get(), Optional.empty());
      SaeName name = SaeName.ofPath(id);
      Attachment at = Attachment.of(id, name, Optional.empty(), OptionalInt.empty());
      return new AttachedSae(id, found.sae(), at);
    }
    SaeEntry entry = catalogue.resolve(id);
    try {
      return finder.open(entry).attached();
    } catch (InputException e) {
      throw new NotApplicable(
          "needs %s: get %s and give it by --sae".formatted(entry.id(), entry.url()));
    }
  }

  private Optional<String> givenFor(String id) {
    for (Map.Entry<String, String> file : saeFiles.entrySet()) {
      if (file.getKey().equals(id) || says(file.getKey(), SaeName.ofPath(id))) {
        return Optional.of(file.getValue());
      }
    }
    return Optional.empty();
  }

  /** Whether a path says that it is this SAE: all that both name is equal, and that is enough. */
  private static boolean says(String path, SaeName wanted) {
    SaeName said = SaeName.ofPath(path);
    boolean release = said.release().isEmpty() || said.release().equals(wanted.release());
    return release
        && said.site().isPresent()
        && said.site().equals(wanted.site())
        && said.layer().equals(wanted.layer())
        && said.width().equals(wanted.width())
        && said.l0().equals(wanted.l0());
  }

  @Override
  public Optional<Path> saeFile(String id) {
    return givenFor(id).map(Path::of).filter(Files::isRegularFile);
  }

  @Override
  public Optional<List<String>> documents(String factId) {
    Path file = texts.get(factId);
    if (file == null) {
      return Optional.empty();
    }
    try {
      if (!file.toString().endsWith(".jsonl")) {
        return Optional.of(List.of(Files.readString(file, StandardCharsets.UTF_8)));
      }
      return Optional.of(
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .filter(line -> !line.isBlank())
              .map(line -> document(line, file))
              .toList());
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String document(String line, Path file) {
    Object value = StrictJson.parse(line, file.toString());
    Object text = value instanceof Map<?, ?> map ? map.get("text") : value;
    if (text instanceof String document) {
      return document;
    }
    throw new InputException(file + ": a line is neither a string nor an object with text");
  }

  @Override
  public void close() {
    if (loaded != null) {
      loaded.close();
    }
  }
}
