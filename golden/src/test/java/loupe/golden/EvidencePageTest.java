package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import loupe.golden.facts.FactSet;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.loaders.RawElements;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** Writes {@code EVIDENCE.md} from data and from runs, and fails where the page says otherwise. */
class EvidencePageTest {
  private static final String HEAD =
      """
      # Evidence

      Why these numbers can be believed. `EvidencePageTest` writes this page from the data and from runs, on JDK 17 and 25 alike, and
      fails where it says something else.
      """;

  private final StringBuilder page = new StringBuilder(HEAD);

  @Test
  void thePageSaysWhatIsSo() throws IOException {
    try (Workers workers = Workers.of(1)) {
      truth(workers);
      noise();
      functions();
      bounds(workers);
    }
    mutations();
    precisions();
    policies();
    more();
    Path copy = Files.writeString(Path.of("target", "EVIDENCE.md"), page);
    assertEquals(page.toString(), Files.readString(Path.of("EVIDENCE.md")), "measured: " + copy);
  }

  private void line(String text, Object... values) {
    page.append(values.length == 0 ? text : String.format(Locale.ROOT, text, values)).append('\n');
  }

  private void section(String title, String words) {
    line("\n## " + title + "\n\n" + words + "\n");
  }

  private void truth(Workers workers) {
    section(
        "Two programs agree on the truth, and Loupe with them",
        "Each golden case holds every intermediate of Hugging Face transformers' Gemma 2 in float64 (no float32 island left). A second"
            + " implementation, in\nnumpy and written apart, and TransformerLens in float64 were run beside it. Distances are the"
            + " largest of all tensors, each relative to its\nlargest value; of scores those entries count that mask and window"
            + " admit. The last two columns are this program, on every build.");
    line("| case | numpy | numpy, decoding | TransformerLens | Loupe float64 | Loupe float32 |");
    line("|---|---|---|---|---|---|");
    loupe.loaders.JsonObject all = Resources.json("golden/agreement.json");
    for (String id : GoldenCase.ids()) {
      loupe.loaders.JsonObject agreement = all.object(id);
      GoldenCase golden = GoldenCase.of(id);
      double f64 = distance(golden, new Float64(workers));
      double f32 = distance(golden, new Float32(workers));
      assertTrue(f64 <= Tolerances.float64(golden.agreement()), id + " " + f64);
      line(
          "| %s | %.1e | %.1e | %.1e | %.1e | %.1e |",
          id,
          agreement.number("numpy_worst"),
          agreement.number("numpy_decode"),
          agreement.number("transformerlens_worst"),
          f64,
          f32);
    }
    double saes =
        GoldenSae.ids().stream()
            .mapToDouble(id -> GoldenSae.of(id).agreement())
            .max()
            .orElseThrow();
    line(
        "\n%d golden SAEs and transcoders: edited forward passes of two programs agree within %.1e.",
        GoldenSae.ids().size(), saes);
  }

  private static double distance(GoldenCase golden, Arithmetic arithmetic) {
    Map<String, StoredTensor> seen = new LinkedHashMap<>();
    Hook recorder =
        new Hook() {
          @Override
          public boolean watches(String name) {
            return true;
          }

          @Override
          public Tensor at(String name, Tensor value, Rows rows) {
            seen.put(name, new HeapTensor(name, value));
            return value;
          }
        };
    ModelParts.of(golden.config(), golden.model(), arithmetic)
        .model()
        .forward(golden.tokenIds(), recorder);
    TensorSource ours =
        new TensorSource() {
          @Override
          public Set<String> names() {
            return seen.keySet();
          }

          @Override
          public StoredTensor tensor(String name) {
            return seen.get(name);
          }

          @Override
          public String origin() {
            return arithmetic.name();
          }
        };
    return TraceComparison.of(golden.trace(), ours, count -> {}).tensors().stream()
        // Case long records the last queries of its scores only.
        .filter(entry -> entry.difference().isPresent())
        .mapToDouble(entry -> entry.difference().get().relToMax())
        .max()
        .orElseThrow();
  }

  private void noise() {
    section(
        "Noise floors",
        "How far Hugging Face's own float32 and bfloat16 runs are from the truth, relative to the largest value of each tensor: no"
            + " port can be asked for\nless. A bug counts as exposed only beyond what a correct float32 program may be off.");
    line(
        "| case | float32, logits | float32, worst tensor | bfloat16, logits | bfloat16, worst tensor |");
    line("|---|---|---|---|---|");
    for (String id : GoldenCase.ids()) {
      Map<String, Noise> noise = GoldenCase.of(id).noise();
      Noise logits = noise.get("hook_logits");
      line(
          "| %s | %.1e | %.1e | %.1e | %.1e |",
          id,
          logits.f32Max(),
          noise.values().stream().mapToDouble(Noise::f32Max).max().orElseThrow(),
          logits.bf16Max(),
          noise.values().stream().mapToDouble(Noise::bf16Max).max().orElseThrow());
    }
  }

  private void functions() throws IOException {
    section(
        "Elementary functions of float32",
        "All arguments were tried; `reference/FLOAT32.md` defines the functions, and `UlpTableTest` keeps its table, which this is.");
    table(Path.of("..", "reference", "FLOAT32.md"), "| function |");
  }

  /** Copies the table of another page that begins so; a test of its own measures it. */
  private void table(Path page, String head) throws IOException {
    boolean isTable = false;
    for (String text : Files.readAllLines(page)) {
      isTable = text.startsWith(head) || isTable && text.startsWith("|");
      if (isTable) {
        line(text);
      }
    }
  }

  /** What share of each operation's radius this program's own float32 uses. */
  private void bounds(Workers workers) throws IOException {
    section(
        "Bounds hold, and are tight",
        "Bounds are proven; tests run thousands of orders of sums and precisions against them. A bound that admits everything would be"
            + " useless: here is the\nlargest share of its radius that this program's own float32 uses in any element of the vectors"
            + " (`vectors/operations.json`), where 1 would be the end of the\nradius. That every bug of the zoo is outside of the"
            + " bound of its vector is the other half of the proof.");
    Map<String, Double> shares = new TreeMap<>();
    Oracle oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, workers, "");
    JsonObject file =
        JsonParser.parseString(Files.readString(Path.of("vectors", "operations.json")))
            .getAsJsonObject();
    for (JsonElement element : file.getAsJsonArray("vectors")) {
      JsonObject request = element.getAsJsonObject().getAsJsonObject("request").deepCopy();
      if (request.remove("precision").getAsString().equals("f32")) {
        request.addProperty("arithmetic", "float32");
        JsonObject ours =
            JsonParser.parseString(oracle.answer(request.toString()).json())
                .getAsJsonObject()
                .getAsJsonObject("result");
        double share = share(element.getAsJsonObject().getAsJsonObject("result"), ours);
        shares.merge(request.get("op").getAsString(), share, Math::max);
      }
    }
    line("| operation | share of the radius |");
    line("|---|---|");
    shares.forEach((op, share) -> line("| %s | %.2f |", op, share));
    assertTrue(shares.values().stream().allMatch(share -> share <= 1), shares.toString());
    line(
        "\nThe radius over the largest error of programs of random habits, median of random inputs (and the smallest): 1.0 cannot be"
            + " improved.\n`BOUNDS.md` has this table too, and says why some are wider; `BoundTightnessTest` measures it on every"
            + " build.\n");
    table(Path.of("BOUNDS.md"), "| operation | bf16 |");
  }

  private static double share(JsonObject expected, JsonObject ours) {
    double worst = 0;
    for (String name : expected.keySet()) {
      JsonObject want = expected.getAsJsonObject(name);
      Tensor value = decode(want, "data", DType.F64);
      Tensor radius = decode(want, "radius", DType.F64);
      Tensor theirs = decode(ours.getAsJsonObject(name), "data", DType.F32);
      for (int i = 0; i < value.size(); i++) {
        double off = Math.abs(theirs.get(i) - value.get(i));
        worst = Math.max(worst, off == 0 ? 0 : off / radius.get(i));
      }
    }
    return worst;
  }

  private static Tensor decode(JsonObject json, String key, DType dtype) {
    byte[] bytes = Base64.getDecoder().decode(json.get(key).getAsString());
    return RawElements.decode(dtype, bytes, bytes.length * Byte.SIZE / dtype.bits());
  }

  private void mutations() {
    section(
        "Every known bug is exposed",
        "Bugs that ports had or may have, put into a correct program one by one: `ZOO.md` has the whole matrix, `vectors/bugs.json` a"
            + " vector for each.");
    line("| part | bugs | exposed | median number of goldens that expose one |");
    line("|---|---|---|---|");
    for (Quirk.Part part : Quirk.Part.values()) {
      List<Integer> killers =
          Zoo.all().stream()
              .filter(quirk -> quirk.part() == part)
              .map(quirk -> Zoo.killers(quirk.name()).size())
              .sorted()
              .toList();
      line(
          "| %s | %d | %d | %d |",
          part.name().toLowerCase(Locale.ROOT),
          killers.size(),
          killers.stream().filter(count -> count > 0).count(),
          killers.get(killers.size() / 2));
    }
    loupe.loaders.JsonObject adequacy = Resources.json("golden/adequacy.json");
    line(
        "\nThe reference itself was mutated too, by another program: %d of %d mutants of the model, %d of %d of the cache, %d of %d of"
            + " SAEs were\nnoticed by the golden cases.",
        adequacy.integer("model_killed"),
        adequacy.integer("model_mutants"),
        adequacy.integer("cache_killed"),
        adequacy.integer("cache_mutants"),
        adequacy.integer("sae_killed"),
        adequacy.integer("sae_mutants"));
  }

  private void precisions() {
    List<Quirk> bugs = PrecisionMatrixTest.bugs();
    line(
        "\nA dump made in a precision, judged as the policy of that name alone: of %d bugs that the dump of one pass can show, those"
            + " that `check` fails on some\ngolden case, and pairs of a bug and one of %d cases (`quirks/precisions.json`, which"
            + " `PrecisionMatrixTest` samples on every build). Named policies of other\nengines are not asked here: `check` passes"
            + " some of these bugs as those engines' own roundings.\n",
        bugs.size(), GoldenCase.ids().size());
    line("| policy | exposed | hidden | pairs exposed |");
    line("|---|---|---|---|");
    for (String policy : PrecisionMatrixTest.POLICIES) {
      List<Integer> counts =
          bugs.stream().map(bug -> PrecisionMatrixTest.killers(policy, bug).size()).toList();
      long hidden = counts.stream().filter(count -> count == 0).count();
      line(
          "| %s | %d | %d | %d of %d |",
          policy,
          counts.size() - hidden,
          hidden,
          counts.stream().mapToInt(count -> count).sum(),
          counts.size() * GoldenCase.ids().size());
    }
    line("\nWhat the roundings of `bf16-hf` hide in all cases, and why:\n");
    line("| bug | why |");
    line("|---|---|");
    PrecisionMatrixTest.hidden().forEach((bug, why) -> line("| %s | %s |", bug, why));
  }

  private void policies() {
    section(
        "How well engines are predicted",
        "Recorded runs of engines, each tensor predicted from the recorded ones before it by the engine's rounding policy"
            + " (`POLICIES.md` explains the rest).");
    line(
        "| policy | case | numbers | equal to the last bit | within one unit | largest difference, relative |");
    line("|---|---|---|---|---|---|");
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      for (PublishedAgreement one : PublishedAgreement.of(policy.name())) {
        PolicyAgreement.Count steps = one.steps();
        line(
            "| %s | %s | %,d | %s | %s | %.1e |",
            policy.name(),
            one.goldenCase(),
            steps.elements(),
            allBut(steps.elements(), steps.equal()),
            allBut(steps.elements(), steps.within()),
            steps.relToMax());
      }
    }
    line(
        "\nFrom reading the source, and dumps of the engine pass by them (`DIALECTS.md`): "
            + names(PublishedPolicy.Evidence.GRADED)
            + ".");
    line(
        "\nFrom reading the source alone, not run: "
            + names(PublishedPolicy.Evidence.SOURCE)
            + ".");
  }

  private static String names(PublishedPolicy.Evidence evidence) {
    return PublishedPolicy.all().stream()
        .filter(policy -> policy.evidence() == evidence)
        .map(PublishedPolicy::name)
        .collect(Collectors.joining(", "));
  }

  private static String allBut(long elements, long good) {
    long rest = elements - good;
    return rest == 0
        ? "all"
        : String.format(Locale.ROOT, "all but %,d (%.2g %%)", rest, 100.0 * rest / elements);
  }

  private void more() {
    section(
        "What only you can check",
        "The released weights are not part of this project. `loupe verify` runs what others published about them, see `FACTS.md`.");
    line("Facts: %d.", FactSet.published().all().size());
  }
}
