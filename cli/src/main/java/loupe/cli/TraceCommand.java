package loupe.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.Trace;
import loupe.golden.quirk.Quirk.Part;
import loupe.loaders.ModelDigest;
import loupe.reference.Hooks;
import loupe.reference.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe trace}: every intermediate of a run, in a file. */
@Command(
    description = {
      "Writes every intermediate of the model on a text to a safetensors file, by",
      "name: F64 for float64, else F32. The bytes do not depend on threads, kernels,",
      "--chunk or --stepwise."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe trace --out t.safetensors \"Four score and seven years ago\"",
      "  loupe trace --arithmetic float64 --tokens 2,17,9 --out t.safetensors",
      "  loupe trace --hooks \"*.hook_resid_post\" --hooks hook_logits --out t.safetensors Hello",
      "  loupe compare t.safetensors other.safetensors",
      "",
      "Names are those of TransformerLens where it has one. Scores and patterns are",
      "[head, pos, key], +0 where mask or window exclude the key."
    })
final class TraceCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private TextOptions text;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "F",
      description = "The safetensors file that is written.")
  private Path out;

  @Option(
      names = "--hooks",
      paramLabel = "GLOB",
      description = {
        "Only the tensors of these names, all by default; repeatable. * is",
        "any characters, ? is one; the whole name must match."
      })
  private List<String> globs;

  @Option(
      names = "--stepwise",
      description = "Feeds one token at a time through the cache: the same tensors.")
  private boolean stepwise;

  @Mixin private ModelOptions model;
  @Mixin private JsonOutput json;

  TraceCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (stepwise && model.chunk().orElse(1) != 1) {
      throw new InputException("--stepwise is --chunk 1: give only one of them");
    }
    model
        .quirk()
        .admit(
            "trace",
            terminal,
            Part.MODEL,
            Part.DECODING,
            Part.PROMPT,
            Part.READING,
            Part.TOKENIZER);
    ModelFiles files = new ModelFiles(model);
    int[] ids = files.promptIds(text, terminal);
    Set<String> names = names(files.config().config());
    try (LoadedModel loaded = LoadedModel.open(files, model, ids.length, terminal)) {
      Trace.Origin origin = new Trace.Origin(Version.text(), ModelDigest.of(files.weights()));
      try (Progress bar =
          terminal.progress("tracing", (long) ids.length * loaded.config().nLayers())) {
        int chunk = chunk(loaded, ids.length);
        Trace.write(loaded.model(), ids, names, chunk, out, origin, bar::advance);
      }
      report(loaded, names.size(), ids.length, origin);
      return ExitCode.DONE;
    }
  }

  /** The tensors that the globs name, each of which must name one. */
  private Set<String> names(Gemma2Config config) {
    Set<String> names = new LinkedHashSet<>();
    for (String glob : globs == null ? List.of("*") : globs) {
      names.addAll(Hooks.select(glob, HookPoints.all(config)));
    }
    return names;
  }

  private int chunk(LoadedModel loaded, int positions) {
    return stepwise ? 1 : loaded.chunk().orElse(Trace.chunkFor(loaded.config(), positions));
  }

  private void report(LoadedModel loaded, int tensors, int positions, Trace.Origin origin)
      throws IOException {
    String arithmetic = loaded.model().arithmetic().name();
    if (json.wanted()) {
      JsonObject document = new JsonObject();
      document.addProperty("out", out.toString());
      document.addProperty("tensors", tensors);
      document.addProperty("positions", positions);
      document.addProperty("bytes", Files.size(out));
      document.addProperty("arithmetic", arithmetic);
      document.addProperty("model_digest", origin.modelDigest());
      model.quirk().mark(document);
      JsonOutput.print(terminal, document);
      return;
    }
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %d tensors of %d positions in %s, %s%n",
            out,
            tensors,
            positions,
            arithmetic,
            ByteSize.text(Files.size(out)));
  }
}
