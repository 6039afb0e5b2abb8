package loupe.cli;

import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.reference.Workers;
import picocli.CommandLine.Option;

/** The options of every command that answers requests. A picocli mixin. */
final class OracleOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads for large requests; 1 by default, best for small ones.")
  private int threads = 1;

  @Option(
      names = "--validate",
      description = "Also holds all messages against the JSON Schemas, in both directions.")
  private boolean validate;

  /** The threads that are wished for; close them. */
  Workers workers() {
    return Workers.of(ThreadOption.atLeastOne("--threads", threads));
  }

  Oracle oracle(OracleFiles files, Workers workers) {
    Oracle oracle = new Oracle(files, Limits.DEFAULT, workers, Version.text());
    return validate ? oracle.validating() : oracle;
  }
}
