package loupe.cli;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Presets;
import loupe.golden.JsonNumbers;
import loupe.golden.Knobs;
import loupe.golden.ReleasedConfig;
import loupe.golden.SyntheticCheckpoint;
import loupe.loaders.StrictJson;
import loupe.reference.InputException;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint by formula. */
@Command(
    description = {
      "Writes a checkpoint by formula: every weight is computed from its name, its",
      "index and a seed, so any program can make the same one. For tests and for",
      "measuring speed at full size, without a download."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe synth --config 2b --out weights/2b        the shape of Gemma 2 2B, 5.2 GB",
      "  loupe synth --config config.json --seed 7 --knobs case.json --out small",
      "  loupe run --model weights/2b --tokens 2,17,9    it has no tokenizer",
    })
final class SynthCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--config",
      paramLabel = "C",
      required = true,
      description = "A config.json, or 2b, 9b or 27b.")
  private String config;

  @Option(
      names = "--out",
      paramLabel = "D",
      required = true,
      description = "The folder for config.json and model.safetensors; made where it is missing.")
  private Path out;

  @Option(names = "--seed", paramLabel = "N", description = "1 by default.")
  private long seed = 1;

  @Option(
      names = "--knobs",
      paramLabel = "F",
      description = {
        "A JSON file with mean and scale of every kind of tensor: {\"knobs\":",
        "{\"q_proj\": [0.0, 0.05], ...}}."
      })
  private Path knobs;

  @Mixin private ThreadOption threads;
  @Mixin private JsonOutput json;

  SynthCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    String text = configJson();
    Gemma2Config resolved =
        ConfigJson.read(StrictJson.readObject(bytes(text), config).fields(), config).config();
    Knobs wanted =
        knobs == null
            ? Knobs.DEFAULT
            : Knobs.read(StrictJson.readObject(knobs).fields(), knobs.toString());
    long start = System.nanoTime();
    try (Workers workers = Workers.of(threads.count());
        Progress bar = terminal.progress("writing " + out, resolved.parameterCount())) {
      SyntheticCheckpoint.write(resolved, text, wanted, seed, out, workers, bar::advance);
    }
    report(resolved, (System.nanoTime() - start) / 1e9);
    return ExitCode.DONE;
  }

  /** The text of the wished {@code config.json}. */
  private String configJson() throws IOException {
    if (Presets.names().contains(config)) {
      return ReleasedConfig.json(Presets.of(config));
    }
    Path file = Path.of(config);
    if (!Files.exists(file)) {
      throw new InputException(
          "--config %s: no such file; give a config.json, or one of the sizes %s"
              .formatted(config, String.join(", ", Presets.names())));
    }
    if (!Files.isRegularFile(file)) {
      throw new InputException("--config %s: not a file; give a config.json".formatted(config));
    }
    return TextOptions.decode(Files.readAllBytes(file), config);
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private void report(Gemma2Config resolved, double seconds) throws IOException {
    long bytes = Files.size(out.resolve("model.safetensors"));
    if (json.wanted()) {
      JsonObject document = new JsonObject();
      document.addProperty("out", out.toString());
      document.addProperty("parameters", resolved.parameterCount());
      document.addProperty("bytes", bytes);
      document.add("seconds", JsonNumbers.of(seconds));
      JsonOutput.print(terminal, document);
      return;
    }
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %,d parameters by formula, seed %d; %s in %.1f s (%s/s)%n",
            out,
            resolved.parameterCount(),
            seed,
            ByteSize.text(bytes),
            seconds,
            ByteSize.text((long) (bytes / seconds)));
  }
}
