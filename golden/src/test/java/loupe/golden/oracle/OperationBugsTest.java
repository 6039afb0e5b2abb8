package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.DType;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A caller's own result of one operation, with a known bug: the verdict says which. */
class OperationBugsTest {
  private static final long SEED = 20251127;
  private static final int CASES = 12;
  private static final int ENOUGH = 1;
  private static final Map<String, List<JsonObject>> FAILURES = new ConcurrentHashMap<>();
  private static final Oracle RIGHT = oracle(Optional.empty());

  private static Oracle oracle(Optional<Quirk> quirk) {
    return new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test", quirk)
        .validating();
  }

  private static JsonObject ask(Oracle oracle, JsonObject request) {
    return JsonParser.parseString(oracle.answer(request.toString()).json()).getAsJsonObject();
  }

  private static JsonObject request(String operation, JsonObject args) {
    JsonObject request = new JsonObject();
    request.addProperty("op", operation);
    request.add("args", args);
    return request;
  }

  private static JsonObject verdict(String operation, JsonObject args, JsonObject theirs) {
    JsonObject request = request(operation, args);
    request.add("theirs", theirs);
    JsonObject reply = ask(RIGHT, request);
    assertTrue(reply.has("result"), reply.toString());
    return reply.getAsJsonObject("result").getAsJsonObject("verdict");
  }

  /** Whether a bug is first, or explains to the bit as much as the first. */
  private static boolean isNamed(Quirk quirk, JsonArray found) {
    for (JsonElement one : found) {
      JsonObject diagnosis = one.getAsJsonObject();
      JsonObject first = found.get(0).getAsJsonObject();
      if (diagnosis.get("quirk").getAsString().equals(quirk.name())
          && diagnosis.get("explains").equals(first.get("explains"))
          && diagnosis.get("equal").equals(first.get("equal"))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Operations on tensors: only these take a caller's own result, and can name a bug. Texts and
   * sampling are compared whole, see {@link ConformanceTest}; the model is graded step by step.
   */
  static Stream<String> operations() {
    return Conformance.operations().stream()
        .filter(name -> Operations.all().get(name).isComputed() && !name.equals("forward"));
  }

  /** The verdicts on what a program with a bug gives, where these are fail. */
  private static List<JsonObject> failures(String operation, Quirk quirk) {
    return FAILURES.computeIfAbsent(operation + " " + quirk.name(), key -> asked(operation, quirk));
  }

  private static List<JsonObject> asked(String operation, Quirk quirk) {
    Oracle wrong = oracle(Optional.of(quirk));
    ConformCases cases = new ConformCases(SEED, DType.F32);
    List<JsonObject> failures = new ArrayList<>();
    for (int i = 0; i < CASES && failures.size() < ENOUGH; i++) {
      JsonObject request = request(operation, cases.args(Operations.all().get(operation)));
      request.addProperty("arithmetic", "float32");
      JsonObject reply = ask(wrong, request);
      assertEquals(quirk.name(), reply.get("quirk").getAsString());
      if (reply.has("result")) { // Else a number was beyond its format.
        JsonObject args = request.getAsJsonObject("args");
        JsonObject verdict = verdict(operation, args, reply.getAsJsonObject("result"));
        if (verdict.get("verdict").getAsString().equals("fail")) {
          failures.add(verdict);
        }
      }
    }
    return failures;
  }

  /** Where eps is far below the mean square, a wrong one is as good as none. */
  private static boolean isLost(Quirk quirk, JsonArray found) {
    return quirk.name().equals("eps-hard-coded")
        && found.asList().stream()
            .map(one -> one.getAsJsonObject().get("quirk").getAsString())
            .toList()
            .containsAll(List.of("eps-missing", "eps-hard-coded"));
  }

  @ParameterizedTest
  @MethodSource("operations")
  void everyBugOfAnOperationIsNamed(String operation) {
    StringBuilder missed = new StringBuilder();
    int failures = 0;
    for (Quirk quirk : Zoo.all()) {
      if (Place.admits(operation, quirk)) {
        for (JsonObject verdict : failures(operation, quirk)) {
          failures++;
          JsonArray found = verdict.getAsJsonArray("diagnosis");
          if (!isNamed(quirk, found) && !isLost(quirk, found)) {
            missed.append("%s: %s%n".formatted(quirk.name(), found));
          }
        }
      }
    }
    assertEquals("", missed.toString());
    assertTrue(failures > 0);
  }

  /** The rest is about more than one operation, or is what a program in float32 may do. */
  @Test
  void mostBugsOfTheModelShowInAnOperation() {
    Set<String> unseen = new TreeSet<>();
    for (Quirk quirk : Zoo.all()) {
      boolean isSeen =
          operations()
              .filter(operation -> Place.admits(operation, quirk))
              .anyMatch(operation -> !failures(operation, quirk).isEmpty());
      if (!isSeen && Set.of(Quirk.Part.MODEL, Quirk.Part.DECODING).contains(quirk.part())) {
        unseen.add(quirk.name());
      }
    }
    assertEquals(
        "attention-added-to-the-norm cache-trims-global-layers embed-scale-bf16"
            + " embed-scale-from-head-dim gelu-f16-table layer-types-ignored"
            + " mlp-added-to-resid-pre mlp-added-to-the-norm mlp-norms-swapped"
            + " norm-names-as-llama pad-id-masked parallel-mlp post-norms-swapped"
            + " pre-norms-swapped q-k-permuted-as-llama raw-attention-added"
            + " rope-skips-pad-positions rope-width-from-hidden-size scale-from-hidden-size"
            + " window-on-all-layers z-flattened-dim-first",
        String.join(" ", unseen));
  }

  @Test
  void theVerdictSaysWhatTheBugIsAndWhatToChange() {
    // 1 * tanh(3 / 1) is 0.995, clipped it is 1.
    String x = OracleTest.f32(new int[] {1, 1, 2}, 3, 0.1f);
    JsonObject args = JsonParser.parseString("{\"cap\":1,\"x\":%s}".formatted(x)).getAsJsonObject();
    String y = OracleTest.f32(new int[] {1, 1, 2}, 1, 0.1f);
    JsonObject theirs = JsonParser.parseString("{\"y\":%s}".formatted(y)).getAsJsonObject();
    JsonObject found =
        verdict("softcap", args, theirs).getAsJsonArray("diagnosis").get(0).getAsJsonObject();
    assertEquals("attn-cap-clips", found.get("quirk").getAsString());
    assertEquals(1, found.get("fit").getAsDouble());
    assertEquals(Zoo.of("attn-cap-clips").bug(), found.get("message").getAsString());
    assertEquals(Zoo.of("attn-cap-clips").fix(), found.get("fix").getAsString());
  }
}
