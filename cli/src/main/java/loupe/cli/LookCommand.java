package loupe.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import loupe.golden.EmbeddedModel;
import loupe.golden.quirk.Quirk.Part;
import loupe.reference.InputException;
import loupe.sae.AttachedSae;
import loupe.sae.Compatibility;
import loupe.sae.ModelShape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe look}: a text as the model sees it. */
@Command(
    description = {
      "Shows a text as the model sees it: each token with its strongest SAE features,",
      "their activations and the tokens that they promote; then what the model expects next."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe look \"Four score and seven years ago\"",
      "  loupe look --layer 5 --top 2 \"Call me Ishmael\"       another layer, fewer features",
      "  loupe look --sae tiny/mlp/layer_3 --json \"the whale\"  for programs",
      "  loupe look --model gemma-2-2b --sae layer_20/width_16k/params.npz --site res \"...\"",
      "",
      "A feature promotes a token when the direction that it writes raises the token's logit.",
      "On a terminal, features that come again have a colour each, those of most tokens are",
      "faint, and activations are bold from half of the strongest on."
    })
final class LookCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private TextOptions text;
  @Mixin private ModelOptions model;
  @Mixin private SaeOptions saes;
  @Mixin private JsonOutput json;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "3",
      description = "Features per token and SAE, strongest first; 3 by default.")
  private int top;

  LookCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 0) {
      throw new InputException("--top must be 0 or more, not " + top);
    }
    model
        .quirk()
        .admit(
            "look",
            terminal,
            Part.MODEL,
            Part.DECODING,
            Part.PROMPT,
            Part.READING,
            Part.SAE,
            Part.TOKENIZER);
    ModelFiles files = new ModelFiles(model);
    int[] ids = files.promptIds(text, terminal);
    try (LoadedModel loaded = LoadedModel.open(files, model, ids.length, terminal)) {
      LookResult result = new Look(loaded, terminal, top).at(ids, attached(loaded));
      if (json.wanted()) {
        JsonObject document = new LookJson(result, loaded.files()::piece).document();
        model.quirk().mark(document);
        JsonOutput.print(terminal, document);
      } else {
        new LookText(result, loaded, terminal).print();
      }
      return ExitCode.DONE;
    }
  }

  /** The SAEs that the user named, else the default of the embedded model, else none. */
  private List<AttachedSae> attached(LoadedModel loaded) {
    ModelShape shape = loaded.shape();
    SaeFinder finder =
        new SaeFinder(
            saes, loaded.model().arithmetic(), model.quirk().quirk(), terminal.environment());
    List<AttachedSae> attached = new ArrayList<>();
    for (FoundSae found : found(finder, loaded, shape)) {
      AttachedSae sae = found.attached();
      Compatibility.check(sae, found.trainedOn(), shape).forEach(terminal::note);
      attached.add(sae);
    }
    return attached;
  }

  private List<FoundSae> found(SaeFinder finder, LoadedModel loaded, ModelShape shape) {
    List<String> named = saes.saes();
    if (named.isEmpty() && saes.sayWhere()) {
      // The site and the layer are enough of an id.
      named = List.of(saes.completed(""));
    }
    if (!named.isEmpty()) {
      List<FoundSae> found = new ArrayList<>();
      for (String name : named) {
        found.add(finder.find(name, Optional.of(shape)));
      }
      return found;
    }
    if (loaded.files().isEmbedded()) {
      return List.of(finder.open(EmbeddedModel.defaultSae()));
    }
    terminal.note(
        "no features, since no SAE is named: give one by --sae, a params.npz or an id such as"
            + " gemma-scope-2b-pt-res/layer_12/width_16k/canonical");
    return List.of();
  }
}
