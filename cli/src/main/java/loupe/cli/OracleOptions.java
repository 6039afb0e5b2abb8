package loupe.cli;

import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.golden.quirk.Quirk.Part;
import loupe.reference.Workers;
import picocli.CommandLine.Mixin;
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

  @Mixin private QuirkOption quirk;

  /** The threads that are wished for; close them. */
  Workers workers() {
    return Workers.of(ThreadOption.atLeastOne("--threads", threads));
  }

  /**
   * The oracle, with a known bug in it where that is wished for.
   *
   * @param command for messages
   */
  Oracle oracle(OracleFiles files, Workers workers, String command, Terminal terminal) {
    quirk.admit(
        command,
        terminal,
        Part.MODEL,
        Part.DECODING,
        Part.PROMPT,
        Part.READING,
        Part.SAE,
        Part.TOKENIZER,
        Part.CHAT);
    Oracle oracle = new Oracle(files, Limits.DEFAULT, workers, Version.text(), quirk.quirk());
    return validate ? oracle.validating() : oracle;
  }
}
