package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import loupe.cli.Measurement.Result;
import loupe.cli.TextTable.Align;
import loupe.reference.KernelProvider;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code loupe bench}: how close to this machine's limits the program comes. */
@Command(
    description = {
      "Measures how close the program comes to what this machine can do at best with",
      "this Java: fused multiply-adds, and reading memory. Takes about a minute and",
      "1.5 GB; let nothing else run. Ratios are what counts: each is measured beside",
      "its limit."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe bench",
      "  loupe bench --threads 1 --json",
      "  LOUPE_JAVA_OPTS='-XX:UseAVX=2' loupe bench     with vectors of 256 bits"
    })
final class BenchCommand implements Callable<Integer> {
  private static final int LIMIT_ROUNDS = 5;

  private final Terminal terminal;
  @Mixin private ThreadOption threads;
  @Mixin private JsonOutput json;

  BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** The machine's best while the benchmarks ran. */
  private record Limits(double fma, double read) {}

  @Override
  public Integer call() {
    KernelProvider kernels = KernelProvider.chooseForLong(terminal.environment());
    try (Workers workers = Workers.of(threads.count())) {
      Benchmarks benchmarks = new Benchmarks(workers, kernels, this::tell);
      Limits before = limits(benchmarks);
      List<Result> results = benchmarks.all();
      Limits after = limits(benchmarks);
      Limits best = new Limits(Math.max(before.fma, after.fma), Math.max(before.read, after.read));
      if (json.wanted()) {
        JsonOutput.print(terminal, document(workers.threads(), kernels, best, results));
      } else {
        print(workers.threads(), kernels, best, results);
      }
    }
    return ExitCode.DONE;
  }

  private void tell(String name) {
    if (terminal.errIsTerminal()) {
      terminal.note("measuring: " + name);
    }
  }

  private static Limits limits(Benchmarks benchmarks) {
    double fma = 0;
    double read = 0;
    for (int round = 0; round < LIMIT_ROUNDS; round++) {
      fma = Math.max(fma, benchmarks.limits().fmaGflops());
      read = Math.max(read, benchmarks.limits().readGbs());
    }
    return new Limits(fma, read);
  }

  private static String java() {
    return System.getProperty("java.version");
  }

  private static JsonObject document(
      int threads, KernelProvider kernels, Limits limits, List<Result> results) {
    JsonObject document = new JsonObject();
    document.addProperty("java", java());
    document.addProperty("threads", threads);
    document.addProperty("kernels", kernels.name());
    document.addProperty("kernels_why", kernels.why());
    JsonObject best = new JsonObject();
    best.addProperty("fma_gflops", limits.fma);
    best.addProperty("read_gbs", limits.read);
    document.add("limits", best);
    JsonArray list = new JsonArray();
    for (Result result : results) {
      JsonObject one = new JsonObject();
      one.addProperty("name", result.name());
      one.addProperty("value", result.value());
      one.addProperty("unit", result.unit());
      one.addProperty("ratio", Double.isNaN(result.ratio()) ? null : result.ratio());
      list.add(one);
    }
    document.add("results", list);
    return document;
  }

  private void print(int threads, KernelProvider kernels, Limits limits, List<Result> results) {
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "Java %s, %d %s, %s kernels (%s)%nat best: %.0f GFLOP/s of fused multiply-adds,"
                + " %.1f GB/s read%n%n",
            java(),
            threads,
            threads == 1 ? "thread" : "threads",
            kernels.name(),
            kernels.why(),
            limits.fma,
            limits.read);
    TextTable table = new TextTable(Align.LEFT, Align.RIGHT, Align.LEFT, Align.RIGHT);
    table.add("what", "speed", "", "of the limit");
    for (Result result : results) {
      table.add(
          result.name(),
          String.format(Locale.ROOT, result.value() < 10 ? "%.2f" : "%,.0f", result.value()),
          result.unit(),
          Double.isNaN(result.ratio()) ? "" : String.format(Locale.ROOT, "%.2f", result.ratio()));
    }
    table.lines().forEach(terminal.out()::println);
    terminal.out().println();
    terminal.out().println(heldBackBy(kernels));
  }

  private static String heldBackBy(KernelProvider kernels) {
    if (!kernels.name().equals("vector")) {
      return "Held back by: no vector kernels (" + kernels.why() + ").";
    }
    return "GFLOP/s are held back by packing weights, once for all rows, by rows that come from the last"
        + " cache,\nand by what is done elementwise; GB/s by how far ahead memory is read."
        + " bench/NOTES.md has what was tried.";
  }
}
