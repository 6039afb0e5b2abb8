package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.DType;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs that answer about texts and sampling, right ones and wrong ones. */
class ConformanceTest {
  private static final Set<String> TEXTS = Set.of("tokenize", "detokenize", "chat_prompt");
  private static final Oracle RIGHT = oracle(Optional.empty());

  private static Oracle oracle(Optional<Quirk> quirk) {
    return new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test", quirk);
  }

  private static Scorecard.Mark mark(Conformance.Port port, String operation, int cases) {
    Scorecard card =
        new Conformance(RIGHT, port, Optional.empty(), DType.F32, cases)
            .examine(Set.of(operation), 1);
    return card.marks().get(0);
  }

  @Test
  void theOracleKnowsItsOwnTextsAndSampling() {
    Stream.concat(TEXTS.stream(), Stream.of(Sampled.OPERATION))
        .forEach(
            operation -> {
              Scorecard.Mark mark = mark(line -> RIGHT.answer(line).json(), operation, 100);
              assertEquals(100, mark.passed(), mark.toString());
            });
  }

  static Stream<Quirk> bugsOfTexts() {
    return Zoo.all().stream()
        .filter(q -> q.part() == Quirk.Part.TOKENIZER || q.part() == Quirk.Part.CHAT);
  }

  @ParameterizedTest
  @MethodSource("bugsOfTexts")
  void everyBugOfTokenizersAndTemplatesFailsInTheDefaultNumberOfCases(Quirk quirk) {
    Oracle wrong = oracle(Optional.of(quirk));
    assertTrue(
        TEXTS.stream().anyMatch(op -> mark(line -> wrong.answer(line).json(), op, 20).failed() > 0),
        quirk.name());
  }

  @Test
  void aProgramWithoutBosFails() {
    Conformance.Port port =
        line -> {
          JsonObject reply = JsonParser.parseString(RIGHT.answer(line).json()).getAsJsonObject();
          if (line.contains("tokenize")) {
            JsonArray ids = reply.getAsJsonObject("result").getAsJsonArray("ids");
            if (!ids.isEmpty() && ids.get(0).getAsInt() == 2) {
              ids.remove(0);
            }
          }
          return reply.toString();
        };
    Scorecard.Mark mark = mark(port, "tokenize", 20);
    assertTrue(mark.failed() > 0 && mark.passed() > 0, mark.toString());
    assertTrue(mark.firstFailure().orElseThrow().startsWith("ids"), mark.toString());
    assertTrue(mark.failedRequest().orElseThrow().contains("\"tokenize\""));
  }

  @Test
  void whatAProgramDoesNotHaveIsSkippedAndSaid() {
    Conformance.Port port =
        line ->
            line.contains("hello")
                ? "{\"id\":0,\"result\":{\"operations\":[\"chat_prompt\",\"detokenize\"]}}"
                : "{\"id\":1,\"error\":{\"code\":\"unavailable\",\"message\":\"no tiny here\"}}";
    Scorecard card =
        new Conformance(RIGHT, port, Optional.empty(), DType.F32, 3)
            .examine(Set.of("tokenize", "detokenize"), 1);
    assertEquals(
        0, card.asked() - card.marks().stream().filter(m -> m.skipped().isEmpty()).count());
    assertEquals(
        List.of("hello does not list it", "the program has it not at hand: no tiny here"),
        card.marks().stream().map(m -> m.skipped().orElseThrow()).toList());
  }

  /** How a program samples. */
  private enum Way {
    RIGHT,
    TOP_P_BEFORE_TOP_K,
    TOP_P_WITHOUT_THE_ONE_THAT_REACHES_IT,
    TOP_P_IGNORED,
    NOT_NORMALISED_AGAIN,
    TEMPERATURE_MULTIPLIED,
    HIGHEST_ID_OF_A_TIE,
    SORTED_BY_ID
  }

  /** In float32 throughout, written anew. */
  private static String answer(String line, Way way) {
    JsonObject request = JsonParser.parseString(line).getAsJsonObject();
    if (request.get("op").getAsString().equals("hello")) {
      return RIGHT.answer(line).json();
    }
    JsonObject args = request.getAsJsonObject("args");
    byte[] bytes =
        Base64.getDecoder().decode(args.getAsJsonObject("logits").get("data").getAsString());
    float[] z = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(z);
    float temperature = args.has("temperature") ? args.get("temperature").getAsFloat() : 1;
    for (int i = 0; i < z.length; i++) {
      z[i] = way == Way.TEMPERATURE_MULTIPLIED ? z[i] * temperature : z[i] / temperature;
    }
    int sign = way == Way.HIGHEST_ID_OF_A_TIE ? -1 : 1;
    int[] order =
        IntStream.range(0, z.length)
            .boxed()
            .sorted((a, b) -> z[a] == z[b] ? sign * (a - b) : Float.compare(z[b], z[a]))
            .mapToInt(i -> i)
            .toArray();
    int topK = args.has("top_k") ? args.get("top_k").getAsInt() : 0;
    int kept = topK == 0 ? z.length : Math.min(topK, z.length);
    float topP = args.has("top_p") ? args.get("top_p").getAsFloat() : 1;
    float[] p = softmax(z, order, way == Way.TOP_P_BEFORE_TOP_K ? z.length : kept);
    int count = kept;
    float sum = 0;
    for (int i = 0; i < p.length && topP < 1 && way != Way.TOP_P_IGNORED; i++) {
      sum += p[i];
      if (sum >= topP) {
        count = Math.min(kept, way == Way.TOP_P_WITHOUT_THE_ONE_THAT_REACHES_IT ? i : i + 1);
        break;
      }
    }
    count = Math.max(1, count);
    float[] last =
        way == Way.NOT_NORMALISED_AGAIN ? softmax(z, order, kept) : softmax(z, order, count);
    JsonArray ids = new JsonArray();
    float[] probabilities = new float[count];
    int[] shown = java.util.Arrays.copyOf(order, count);
    if (way == Way.SORTED_BY_ID) {
      java.util.Arrays.sort(shown);
    }
    for (int i = 0; i < count; i++) {
      ids.add(shown[i]);
      for (int j = 0; j < count; j++) {
        probabilities[i] = order[j] == shown[i] ? last[j] : probabilities[i];
      }
    }
    return "{\"id\":%s,\"result\":{\"ids\":%s,\"probabilities\":%s}}"
        .formatted(request.get("id"), ids, OracleTest.f32(new int[] {count}, probabilities));
  }

  private static float[] softmax(float[] z, int[] order, int count) {
    float[] p = new float[count];
    float sum = 0;
    for (int i = 0; i < count; i++) {
      p[i] = (float) StrictMath.exp(z[order[i]] - z[order[0]]);
      sum += p[i];
    }
    for (int i = 0; i < count; i++) {
      p[i] /= sum;
    }
    return p;
  }

  @ParameterizedTest
  @EnumSource
  void aRightSamplerPassesAndEveryWrongOneFails(Way way) {
    int cases = way == Way.RIGHT ? 500 : 20;
    Scorecard.Mark mark = mark(line -> answer(line, way), Sampled.OPERATION, cases);
    if (way == Way.RIGHT) {
      assertEquals(0, mark.failed(), mark.toString());
      assertTrue(mark.undecided() < cases / 20, mark.toString());
    } else {
      assertTrue(mark.failed() > 0, mark.toString());
    }
  }
}
