package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import loupe.gemma2.Gemma2Config;
import loupe.golden.PublishedPolicy;
import loupe.golden.check.Candidate;
import loupe.golden.check.DivergenceMap;
import loupe.golden.check.DumpPrecision;
import loupe.golden.check.Grader;
import loupe.golden.check.PolicyMatch;
import loupe.golden.check.Report;
import loupe.golden.dialect.DumpReader;
import loupe.golden.dialect.Reading;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/** Reads and grades dumps of one model and prompt. */
final class Grading {
  private final Gemma2Config config;
  private final int[] ids;
  private final Grader grader;
  private final DumpReader reader;
  private final DumpOptions options;
  private final PrecisionOption precision;
  private final Supplier<Map<String, int[]>> prompts;

  /**
   * A dump that was graded.
   *
   * @param layers of the model
   * @param layer of the SAE whose tensors these are; empty where they are the model's
   * @param policies how well it follows each; empty where nobody asked
   * @param follows a policy by which the dump is right, where it fails as what was assumed
   */
  record Graded(
      Path dump,
      Reading reading,
      Report report,
      int layers,
      OptionalInt layer,
      List<PolicyMatch> policies,
      Optional<String> follows) {
    /** The tensors by operation and layer. */
    DivergenceMap map() {
      return layer.isPresent()
          ? DivergenceMap.ofLayer(report.tensors(), layers, layer.getAsInt())
          : DivergenceMap.of(report.tensors(), layers);
    }

    /** Adds to a report in JSON how the dump was read. */
    JsonObject describe(JsonObject document) {
      document.addProperty("dialect", reading.dialect());
      JsonArray notes = new JsonArray();
      reading.notes().forEach(notes::add);
      document.add("notes", notes);
      follows.ifPresent(policy -> document.addProperty("follows", policy));
      if (!policies.isEmpty()) {
        document.add("policies", PolicyMatch.json(policies));
      }
      return document;
    }

    int exitCode() {
      return report.outcome() == Report.Outcome.FAIL ? ExitCode.BAD_VERDICT : ExitCode.DONE;
    }
  }

  Grading(
      ModelFiles files,
      int[] ids,
      DumpOptions options,
      PrecisionOption precision,
      Supplier<Map<String, int[]>> prompts,
      Workers workers) {
    this.prompts = prompts;
    this.config = files.config().config();
    this.ids = ids;
    this.grader = new Grader(config, files.weights(), workers);
    this.options = options;
    this.precision = precision;
    this.reader = new DumpReader(config, files.weights(), ids, options.renaming(config.nLayers()));
  }

  /**
   * Grades one dump.
   *
   * @throws InputException if it cannot be read, or nothing in it can be compared
   */
  Graded grade(Path dump) {
    Reading reading = reader.read(DumpFile.open(dump), options.dialect());
    TensorSource tensors = reading.source();
    requireSomething(reading);
    List<Candidate> candidates =
        precision
            .candidates(reading.dialect())
            .orElseGet(
                () ->
                    precision.candidates(
                        DumpPrecision.of(tensors, grader.known(tensors), config),
                        reading.dialect()));
    Report report = grader.grade(ids, tensors, candidates, prompts).withSkipped(reading.skipped());
    Optional<String> follows =
        report.outcome() == Report.Outcome.FAIL
            ? grader.proves(ids, tensors, precision.elementaryUlp(), names(candidates))
            : Optional.empty();
    if (follows.isPresent()) {
      report = report.withDiagnosis(List.of()); // There is no bug to look for.
    }
    List<PolicyMatch> policies =
        precision.asksWhichPolicy()
            ? grader.policies(ids, tensors, precision.elementaryUlp())
            : List.of();
    return new Graded(
        dump, reading, report, config.nLayers(), OptionalInt.empty(), policies, follows);
  }

  private static Set<String> names(List<Candidate> policies) {
    return policies.stream()
        .flatMap(candidate -> candidate.policy().stream())
        .map(PublishedPolicy::name)
        .collect(Collectors.toSet());
  }

  private static void requireSomething(Reading reading) {
    if (reading.tensors().isEmpty()) {
      String found =
          reading.skipped().isEmpty()
              ? "it is empty"
              : reading.skipped().get(0).name() + ": " + reading.skipped().get(0).reason();
      throw new InputException(
          "%s has no tensor of this model: nothing can be compared (%s); loupe names lists the"
                  .formatted(reading.origin(), found)
              + " names, and --rename THEIRS=OURS adds to them");
    }
  }
}
