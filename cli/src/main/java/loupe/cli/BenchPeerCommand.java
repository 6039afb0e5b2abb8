package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.loaders.Checkpoint;
import loupe.loaders.StrictJson;
import loupe.reference.Float32;
import loupe.reference.Hook;
import loupe.reference.KernelProvider;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code loupe bench-peer}: one row of a table of programs that run the same model side by side.
 * All get the same tokens, so the greedy tokens tell whether all did the same work.
 */
@Command(
    name = "bench-peer",
    description = {
      "Times a model on the tokens 2, 1000 + (7919 i mod 200000) for i = 1, 2, …: seconds",
      "from the start of Java to the first token after 64, prefill of 512, and 64 tokens",
      "after 64. Prints one JSON object, to be put beside that of other programs."
    },
    footerHeading = "%nExample:%n",
    footer = "  loupe bench-peer gemma-2-2b 2 5")
final class BenchPeerCommand implements Callable<Integer> {
  private static final int SHORT = 64;
  private static final int LONG = 512;
  private static final int DECODED = 64;
  private static final int FIRST_LOGIT = 1000;
  private static final int LOGITS = 8;

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "DIR", description = "A folder in Hugging Face layout.")
  private Path folder;

  @Parameters(index = "1", paramLabel = "THREADS", description = "Number of threads.")
  private int threads;

  @Parameters(index = "2", paramLabel = "REPS", description = "Repetitions of each.")
  private int reps;

  BenchPeerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    ThreadOption.atLeastOne("THREADS", threads);
    ThreadOption.atLeastOne("REPS", reps);
    try (Workers workers = Workers.of(threads)) {
      KernelProvider kernels = KernelProvider.choose(terminal.environment());
      Gemma2 model = new Gemma2(config(), Checkpoint.open(folder), new Float32(workers, kernels));
      JsonOutput.print(terminal, measured(model));
    }
    return ExitCode.DONE;
  }

  private Gemma2Config config() {
    Path file = folder.resolve("config.json");
    return ConfigJson.read(StrictJson.readObject(file).fields(), file.toString()).config();
  }

  private JsonObject measured(Gemma2 model) throws IOException {
    JsonObject row = new JsonObject();
    row.addProperty("threads", threads);
    row.addProperty("java", System.getProperty("java.version"));
    row.addProperty("load_s", sinceStart());
    Tensor logits = run(model, prompt(SHORT), model.newCache());
    row.addProperty("argmax64", argmax(logits));
    row.addProperty("ttft64_s", sinceStart());
    JsonArray some = new JsonArray();
    for (int i = 0; i < LOGITS && FIRST_LOGIT + i < logits.size(); i++) {
      some.add(logits.get(FIRST_LOGIT + i));
    }
    row.add("logits64", some);
    row.addProperty("argmax512", argmax(run(model, prompt(LONG), model.newCache())));
    row.add("prefill512_s", prefills(model));
    decode(model, row);
    row.addProperty("peak_rss_mb", peakMegabytes());
    return row;
  }

  private static double sinceStart() {
    long start = ManagementFactory.getRuntimeMXBean().getStartTime();
    return (System.currentTimeMillis() - start) / 1e3;
  }

  private JsonArray prefills(Gemma2 model) {
    JsonArray seconds = new JsonArray();
    for (int rep = 0; rep < reps; rep++) {
      long start = System.nanoTime();
      argmax(run(model, prompt(LONG), model.newCache()));
      seconds.add((System.nanoTime() - start) / 1e9);
    }
    return seconds;
  }

  private void decode(Gemma2 model, JsonObject row) {
    JsonArray seconds = new JsonArray();
    int[] tokens = new int[DECODED + 1];
    // Once for nothing, as a warm-up.
    for (int rep = -1; rep < reps; rep++) {
      KvCache cache = model.newCache();
      tokens[0] = argmax(run(model, prompt(SHORT), cache));
      long start = System.nanoTime();
      for (int i = 0; i < DECODED; i++) {
        tokens[i + 1] = argmax(run(model, new int[] {tokens[i]}, cache));
      }
      if (rep >= 0) {
        seconds.add((System.nanoTime() - start) / 1e9);
      }
    }
    row.add("decode64_s", seconds);
    JsonArray ids = new JsonArray();
    for (int token : tokens) {
      ids.add(token);
    }
    row.add("tokens", ids);
  }

  private static Tensor run(Gemma2 model, int[] ids, KvCache cache) {
    return model.forward(List.of(new Sequence(ids, cache)), Hook.NONE, Gemma2.LogitRows.LAST);
  }

  private static int[] prompt(int length) {
    int[] ids = new int[length];
    ids[0] = 2;
    for (int i = 1; i < length; i++) {
      ids[i] = 1000 + i * 7919 % 200000;
    }
    return ids;
  }

  private static int argmax(Tensor logits) {
    int best = 0;
    for (int i = 1; i < logits.size(); i++) {
      if (logits.get(i) > logits.get(best)) {
        best = i;
      }
    }
    return best;
  }

  /** Most memory that the process ever held; null where the system does not say. */
  private static Long peakMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return null;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return null;
  }
}
