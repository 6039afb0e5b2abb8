package loupe.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.golden.EmbeddedModel;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.SaeParts;
import loupe.loaders.StrictJson;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.Attachment;
import loupe.sae.Catalogue;
import loupe.sae.JumpReluSae;
import loupe.sae.ModelShape;
import loupe.sae.SaeEntry;
import loupe.sae.SaeLens;
import loupe.sae.SaeName;
import loupe.sae.SaeWeights;
import loupe.sae.Site;

/**
 * Finds and opens what {@code --sae} names: a file {@code params.npz} (or safetensors with the same
 * tensors), a folder that SAELens saved, or an id. An SAE of the embedded model comes with the
 * program; one of Gemma Scope must be on this computer, under its id or in the cache of Hugging
 * Face.
 */
final class SaeFinder {
  private static final String PARAMS = "params.npz";
  private static final String CONFIG = "cfg.json";
  private static final String WEIGHTS = "sae_weights.safetensors";

  private final SaeOptions options;
  private final Arithmetic arithmetic;
  private final Optional<Quirk> quirk;
  private final Map<String, String> environment;

  /**
   * @param quirk a known bug that every SAE gets
   */
  SaeFinder(
      SaeOptions options,
      Arithmetic arithmetic,
      Optional<Quirk> quirk,
      Map<String, String> environment) {
    this.options = options;
    this.arithmetic = arithmetic;
    this.quirk = quirk;
    this.environment = environment;
  }

  /**
   * Finds an SAE.
   *
   * @param named as the user wrote it
   * @param model what a short id is about; empty where no model is at hand
   * @throws InputException if there is none of this name or several, it is not on this computer, or
   *     its files are malformed
   */
  FoundSae find(String named, Optional<ModelShape> model) {
    if (named.isEmpty()) {
      throw new InputException("--sae is empty: give a file, a folder, or an id");
    }
    Path path = Path.of(named);
    if (Files.exists(path.resolve(CONFIG))) {
      return saeLens(named, path.resolve(CONFIG));
    }
    if (Files.exists(path.resolve(PARAMS))) {
      return parameters(named, path.resolve(PARAMS));
    }
    if (Files.isRegularFile(path)) {
      return isPartOfSaeLens(path)
          ? saeLens(named, path.resolveSibling(CONFIG))
          : parameters(named, path);
    }
    requireId(named, path);
    String id = options.completed(named);
    Catalogue catalogue = Catalogue.gemmaScopeAnd(EmbeddedModel.saes());
    return open(model.isPresent() ? catalogue.resolve(id, model.get()) : catalogue.resolve(id));
  }

  private static void requireId(String named, Path path) {
    boolean isPath = path.isAbsolute() || named.startsWith(".") || named.endsWith(".npz");
    if (isPath || Files.isDirectory(path) && !isIdOfAnSae(named)) {
      throw new InputException(
          named
              + (Files.exists(path)
                  ? ": holds neither " + CONFIG + " nor " + PARAMS + "; name the folder of one SAE"
                  : ": no such file or folder"));
    }
  }

  /** Whether every part of it could be of an id, such as {@code tiny/res}. */
  private static boolean isIdOfAnSae(String named) {
    return named.startsWith(EmbeddedModel.NAME + "/") || named.startsWith("gemma-");
  }

  private static boolean isPartOfSaeLens(Path file) {
    String name = file.getFileName().toString();
    return name.equals(CONFIG) || name.equals(WEIGHTS);
  }

  private FoundSae saeLens(String named, Path config) {
    SaeLens loaded =
        SaeLens.load(
            TensorFile.open(config.resolveSibling(WEIGHTS)),
            StrictJson.readObject(config).fields(),
            config.toString(),
            arithmetic);
    if (loaded.at().isEmpty()) {
      return placedByPath(named, config, withBug(loaded.sae()), loaded.model());
    }
    Attachment at = loaded.at().get();
    options.requireNoContradiction(named, at);
    return new FoundSae(
        named, withBug(loaded.sae()), loaded.model(), Optional.of(at.site()), () -> at);
  }

  private FoundSae parameters(String named, Path file) {
    return placedByPath(
        named,
        file,
        sae(TensorFile.open(file)),
        SaeName.ofPath(file.toAbsolutePath().toString()).trainedOn().orElse(""));
  }

  /** What the whole path says counts, wherever the user stands. */
  private FoundSae placedByPath(String named, Path file, JumpReluSae sae, String trainedOn) {
    SaeName name = SaeName.ofPath(file.toAbsolutePath().toString());
    Optional<Site> site = options.site().or(name::site);
    return new FoundSae(named, sae, trainedOn, site, () -> options.attachment(named, name));
  }

  private JumpReluSae sae(TensorSource parameters) {
    return withBug(new JumpReluSae(arithmetic, SaeWeights.load(parameters, arithmetic)));
  }

  private JumpReluSae withBug(JumpReluSae sae) {
    return quirk.map(it -> it.applyTo(SaeParts.of(sae)).sae()).orElse(sae);
  }

  /** Opens an SAE of the catalogue. */
  FoundSae open(SaeEntry entry) {
    TensorSource parameters =
        entry.release().equals(EmbeddedModel.NAME)
            ? EmbeddedModel.saeParameters(entry)
            : TensorFile.open(onThisComputer(entry));
    return new FoundSae(
        entry.id(), sae(parameters), entry.model(), Optional.of(entry.at().site()), entry::at);
  }

  private Path onThisComputer(SaeEntry entry) {
    List<Path> folders = folders();
    return entry
        .find(folders)
        .orElseThrow(
            () ->
                new InputException(
                    "%s is not on this computer (looked for %s in %s); get %s and name the file"
                        .formatted(
                            entry.id(),
                            entry.file(),
                            folders.stream().map(Path::toString).collect(Collectors.joining(", ")),
                            entry.url())));
  }

  /** The folder that one stands in, and the cache of Hugging Face, as its own library finds it. */
  private List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    folders.add(Path.of("."));
    String cache = environment.get("HF_HUB_CACHE");
    String home = environment.get("HF_HOME");
    String xdg = environment.get("XDG_CACHE_HOME");
    String user = environment.get("HOME");
    if (cache != null) {
      folders.add(Path.of(cache));
    } else if (home != null) {
      folders.add(Path.of(home, "hub"));
    } else if (xdg != null) {
      folders.add(Path.of(xdg, "huggingface", "hub"));
    } else if (user != null) {
      folders.add(Path.of(user, ".cache", "huggingface", "hub"));
    }
    return folders;
  }
}
