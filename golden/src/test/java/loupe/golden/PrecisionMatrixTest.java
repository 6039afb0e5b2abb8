package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import loupe.golden.check.Candidate;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.loaders.JsonObject;
import loupe.reference.Arithmetic;
import loupe.reference.DoubleTensor;
import loupe.reference.Float32;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.NonFiniteException;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The mutation matrix by precision, {@code quirks/precisions.json}: in which golden cases {@code
 * check} fails a dump that was made with the bug in an arithmetic, judged as that policy alone. The
 * whole of it is measured with {@code -Dloupe.precisions=write}; every build measures a sample.
 */
class PrecisionMatrixTest {
  static final List<String> POLICIES = List.of("f32", "bf16-hf");

  private static final int SAMPLE = 60;
  private static final Workers WORKERS = Workers.of(1);
  private static final Quirk NONE =
      new Quirk("none", Quirk.Part.MODEL, "", List.of(), "", List.of(), "");

  /** The bugs that a dump of one pass can show. */
  static List<Quirk> bugs() {
    Set<Quirk.Part> parts = Set.of(Quirk.Part.MODEL, Quirk.Part.PROMPT, Quirk.Part.READING);
    return Zoo.all().stream().filter(quirk -> parts.contains(quirk.part())).toList();
  }

  /** The golden cases that expose a bug in a precision, as published. */
  static Set<String> killers(String policy, Quirk quirk) {
    JsonObject bug = Resources.json("quirks/precisions.json").object(quirk.name());
    return new TreeSet<>(bug.strings(policy));
  }

  /** Why a bug is hidden by the roundings of {@code bf16-hf}, as published. */
  static Map<String, String> hidden() {
    JsonObject reasons = Resources.json("quirks/hidden.json");
    Map<String, String> hidden = new LinkedHashMap<>();
    reasons.fields().keySet().forEach(name -> hidden.put(name, reasons.string(name)));
    return hidden;
  }

  private static Arithmetic arithmetic(String policy) {
    return policy.equals("f32")
        ? new Float32(WORKERS)
        : new Rounded(PublishedPolicy.of(policy).rounding(), WORKERS);
  }

  /**
   * Rounds what a right program stores in a narrow format to it. A bug that is put in by hand
   * computes without the policy's roundings; that alone would give it away.
   */
  private record Storage(Hook inner, Set<String> narrow, FloatFormat format) implements Hook {
    static Set<String> narrow(Dump right, FloatFormat format) {
      Set<String> names = new HashSet<>();
      for (String name : right.names()) {
        StoredTensor tensor = right.tensor(name);
        double[] values = new double[Math.toIntExact(tensor.elementCount())];
        tensor.read(0, values, 0, values.length);
        boolean fits = true;
        for (double value : values) {
          fits &= format.round(value) == value;
        }
        if (fits) {
          names.add(name);
        }
      }
      return names;
    }

    @Override
    public boolean watches(String name) {
      return true;
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      Tensor stored = value;
      if (narrow.contains(name) && value instanceof DoubleTensor) {
        double[] rounded = new double[value.size()];
        for (int i = 0; i < rounded.length; i++) {
          rounded[i] = format.round(value.get(i));
        }
        stored = new DoubleTensor(rounded, value.shape());
      }
      return inner.at(name, stored, rows);
    }
  }

  /** One golden case in one precision. */
  private static final class Row {
    private final GoldenCase golden;
    private final PublishedPolicy policy;
    private final Arithmetic arithmetic;
    private final Set<String> narrow;

    Row(String policy, String id) {
      this.golden = GoldenCase.of(id);
      this.policy = PublishedPolicy.of(policy);
      this.arithmetic = arithmetic(policy);
      this.narrow = Storage.narrow(new Dump().of(golden, arithmetic, NONE), this.policy.storage());
    }

    boolean kills(Quirk quirk) {
      Dump dump = new Dump();
      Hook hook = new Storage(dump, narrow, policy.storage());
      ModelParts parts = ModelParts.of(golden.config(), golden.model(), arithmetic);
      try {
        quirk
            .applyTo(parts)
            .model()
            .forward(quirk.applyTo(golden.tokenIds(), golden.config().bosId()), hook);
      } catch (NonFiniteException e) {
        return true;
      }
      Candidate candidate = Candidate.of(policy, PortContract.ELEMENTARY_ULP);
      Report report =
          new Grader(golden.config(), golden.model(), WORKERS)
              .grade(golden.tokenIds(), dump, candidate);
      return report.outcome() == Report.Outcome.FAIL;
    }
  }

  @Test
  void theMatrixNamesEveryBugOfAPass() {
    assertEquals(
        bugs().stream().map(Quirk::name).collect(Collectors.toSet()),
        Resources.json("quirks/precisions.json").fields().keySet());
  }

  @Test
  void everyBugIsExposedInFloat32() {
    List<Quirk> survivors =
        bugs().stream().filter(quirk -> killers("f32", quirk).isEmpty()).toList();
    assertEquals(List.of(), survivors);
  }

  @Test
  void whatBfloat16HidesIsListedWithItsReason() {
    Set<String> survivors =
        bugs().stream()
            .filter(quirk -> killers("bf16-hf", quirk).isEmpty())
            .map(Quirk::name)
            .collect(Collectors.toSet());
    assertEquals(survivors, hidden().keySet());
  }

  @Test
  void aRightProgramIsExposedNowhere() {
    for (String policy : POLICIES) {
      for (String id : GoldenCase.ids()) {
        assertEquals(false, new Row(policy, id).kills(NONE), policy + " " + id);
      }
    }
  }

  @Test
  void aSampleOfTheMatrixIsAsPublished() {
    List<String> wrong = new ArrayList<>();
    long seed = 20240627;
    Random random = new Random(seed);
    for (String policy : POLICIES) {
      for (String id : GoldenCase.ids()) {
        Row row = new Row(policy, id);
        List<Quirk> sample = new ArrayList<>(bugs());
        Collections.shuffle(sample, random);
        for (Quirk quirk : sample.subList(0, SAMPLE / GoldenCase.ids().size())) {
          if (row.kills(quirk) != killers(policy, quirk).contains(id)) {
            wrong.add(policy + " " + id + " " + quirk.name());
          }
        }
      }
    }
    assertEquals(List.of(), wrong, "seed " + seed);
  }

  @Test
  @EnabledIfSystemProperty(named = "loupe.precisions", matches = "write")
  void theWholeMatrixIsWritten() throws IOException {
    Map<String, Map<String, List<String>>> killers = new LinkedHashMap<>();
    for (String policy : POLICIES) {
      for (String id : GoldenCase.ids()) {
        Row row = new Row(policy, id);
        for (Quirk quirk : bugs()) {
          List<String> ids =
              killers
                  .computeIfAbsent(quirk.name(), name -> new LinkedHashMap<>())
                  .computeIfAbsent(policy, name -> new ArrayList<>());
          if (row.kills(quirk)) {
            ids.add('"' + id + '"');
          }
        }
      }
    }
    String json =
        killers.entrySet().stream()
            .map(
                bug ->
                    bug.getValue().entrySet().stream()
                        .map(e -> "\"%s\": %s".formatted(e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", ", "  \"" + bug.getKey() + "\": {", "}")))
            .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    Files.writeString(Path.of("target", "precisions.json"), json);
  }
}
