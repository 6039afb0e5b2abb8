package loupe.cli;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import loupe.golden.facts.Fact;
import loupe.golden.facts.FactSet;
import loupe.golden.facts.Outcome;
import loupe.golden.facts.Verification;
import loupe.golden.quirk.Quirk.Part;
import loupe.reference.InputException;
import loupe.reference.NameGlob;
import loupe.sae.SaeName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe verify}: facts that others published about the released weights. */
@Command(
    description = {
      "Checks 369 facts that others published about Gemma 2 and Gemma Scope against the",
      "files that you have: tokenizer, config, weights, SAEs. Each fact passes, fails, or",
      "is not applicable, with the reason."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe verify --model gemma-2-2b",
      "  loupe verify --tokenizer tokenizer.model     facts about the tokenizer need no more",
      "  loupe verify --model gemma-2-2b --only 'sae.*' --sae \\",
      "      gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz",
      "  loupe verify --facts mine.json               another set of the same form",
      "",
      "Exit code 1 if a fact fails, 2 if none could be checked."
    })
final class VerifyCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ModelOptions model;
  @Mixin private JsonOutput json;

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "What the model is, such as gemma-2-2b-it, where its folder does not say it.")
  private String calledAs;

  @Option(
      names = "--sae",
      paramLabel = "S",
      description = {
        "The file params.npz of an SAE that facts are about; repeatable. ID=FILE",
        "where its path does not say which SAE it is."
      })
  private List<String> saes = List.of();

  @Option(
      names = "--text",
      paramLabel = "FACT=F",
      description = {
        "The text that a fact is about, where it is too long to be a part of it;",
        ".jsonl: a document on each line."
      })
  private List<String> texts = List.of();

  @Option(
      names = "--facts",
      paramLabel = "F",
      description = "A set of facts instead of the published ones.")
  private Path facts;

  @Option(
      names = "--only",
      paramLabel = "GLOB",
      description = "Only facts whose id or kind matches, such as 'tokenizer.*'; repeatable.")
  private List<String> only = List.of();

  VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    model.quirk().admit("verify", terminal, Part.MODEL, Part.DECODING, Part.TOKENIZER);
    FactSet set = facts == null ? FactSet.published() : FactSet.read(facts);
    for (String glob : only) {
      NameGlob pattern = new NameGlob(glob);
      if (set.all().stream().noneMatch(fact -> matches(pattern, fact))) {
        throw new InputException("--only: no fact's id or kind matches '" + glob + "'");
      }
    }
    List<NameGlob> globs = only.stream().map(NameGlob::new).toList();
    try (VerifySubject subject =
            new VerifySubject(model, terminal, calledAs, saeFiles(), texts(set));
        Progress progress = terminal.progress("checking facts", set.all().size())) {
      if (model.tokenizer() != null) {
        subject.tokenizer(); // A file that is none would fail every fact.
      }
      List<Outcome> outcomes =
          new Verification(set, subject)
              .run(
                  fact -> globs.isEmpty() || globs.stream().anyMatch(g -> matches(g, fact)),
                  outcome -> progress.advance(1));
      VerifyReport report = new VerifyReport(outcomes);
      if (json.wanted()) {
        JsonObject document = report.document();
        model.quirk().mark(document);
        JsonOutput.print(terminal, document);
      } else {
        report.print(terminal);
      }
      return exitCode(report);
    }
  }

  private int exitCode(VerifyReport report) {
    if (report.count(Outcome.Status.FAIL) > 0) {
      return ExitCode.BAD_VERDICT;
    }
    if (report.count(Outcome.Status.PASS) == 0) {
      terminal.note("no fact could be checked: the reasons say what is needed");
      return ExitCode.BAD_INPUT;
    }
    return ExitCode.DONE;
  }

  private static boolean matches(NameGlob pattern, Fact fact) {
    return pattern.matches(fact.id()) || pattern.matches(fact.kind());
  }

  private Map<String, String> saeFiles() {
    Map<String, String> files = new LinkedHashMap<>();
    for (String sae : saes) {
      int equals = sae.indexOf('=');
      String file = equals > 0 ? sae.substring(equals + 1) : sae;
      if (!Files.exists(Path.of(file))) {
        throw new InputException(file + ": no such file or folder; --sae takes params.npz");
      }
      SaeName name = SaeName.ofPath(Path.of(file).toAbsolutePath().toString());
      boolean saysAll =
          name.site().isPresent() && name.layer().isPresent() && name.l0().isPresent();
      if (equals <= 0 && !saysAll) {
        throw new InputException(
            file
                + ": the path does not say which SAE it is; give it as"
                + " gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71="
                + file);
      }
      String key =
          equals > 0 ? sae.substring(0, equals) : Path.of(file).toAbsolutePath().toString();
      files.put(key, file);
    }
    return files;
  }

  private Map<String, Path> texts(FactSet set) {
    Map<String, Path> files = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      String id = text.substring(0, Math.max(0, equals));
      if (set.all().stream().noneMatch(fact -> fact.id().equals(id))) {
        throw new InputException("--text takes FACT=FILE, and '" + id + "' is the id of no fact");
      }
      Path file = Path.of(text.substring(equals + 1));
      if (!Files.isRegularFile(file)) {
        throw new InputException(file + ": no such file; --text takes FACT=FILE");
      }
      files.put(id, file);
    }
    return files;
  }
}
