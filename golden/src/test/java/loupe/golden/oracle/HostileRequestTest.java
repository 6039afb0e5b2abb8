package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.Workers;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever comes in, one line of JSON in the form of a reply goes out. */
class HostileRequestTest {
  private static final Oracle ORACLE =
      new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test").validating();

  private static final Map<Quirk, Oracle> WRONG = new HashMap<>();

  /** Values at the edge of every type that a request may have. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1",
          "0.5",
          "1e308",
          "-0.0",
          "9223372036854775807",
          "99999999999999999999",
          "[]",
          "[0]",
          "[2,3]",
          "[-1]",
          "{}",
          "\"\"",
          "\"tiny\"",
          "\"*\"",
          "\"F64\"",
          "\"AACAPw==\"",
          "\"\\u0000\"",
          "{\"config\":{}}",
          "{\"dtype\":\"F32\",\"shape\":[1,1],\"data\":\"AACAPw==\"}",
          "{\"dtype\":\"F32\",\"shape\":[1],\"data\":\"AACAPw==\"}",
          "{\"dtype\":\"F32\",\"shape\":[1,1,1],\"data\":\"AADAfw==\"}",
          "{\"dtype\":\"F64\",\"shape\":[1,1,2],\"data\":\"////////739EREREREREwA==\"}",
          "{\"dtype\":\"BF16\",\"shape\":[65536,65536],\"data\":\"\"}",
          "{\"dtype\":\"BF16\",\"shape\":[3,2,2],\"formula\":{\"name\":\"\",\"seed\":-1,\"mean\":0,\"scale\":1e38}}",
          "{\"file\":\"/dev/zero\",\"tensor\":\"x\"}");

  private static final List<String> KEYS =
      List.of(
          "id",
          "op",
          "args",
          "arithmetic",
          "precision",
          "theirs",
          "elementary_ulp",
          "x",
          "y",
          "q",
          "k",
          "v",
          "weight",
          "cap",
          "scale",
          "eps",
          "model",
          "tokens",
          "hooks",
          "text",
          "ids");

  private static void assertReply(Reply reply, String request) {
    assertFalse(reply.json().contains("\n"));
    JsonObject json = JsonParser.parseString(reply.json()).getAsJsonObject();
    assertTrue(
        json.keySet().equals(Set.of("id", "result")) || json.keySet().equals(Set.of("id", "error")),
        reply.json());
    if (json.has("error")) {
      String code = json.getAsJsonObject("error").get("code").getAsString();
      assertNotEquals(ErrorCode.INTERNAL_ERROR.id(), code, request + " " + reply.json());
    }
  }

  @Property(tries = 400)
  void bytes(@ForAll byte[] line) {
    assertReply(
        ORACLE.answer(ByteBuffer.wrap(line)), new String(line, StandardCharsets.ISO_8859_1));
  }

  @Property(tries = 3000)
  void requestsOfTheRightFormWithTheWrongThings(@ForAll("requests") String request) {
    assertReply(ORACLE.answer(request), request);
    assertEquals(ORACLE.answer(request), ORACLE.answer(request));
  }

  @Provide
  Arbitrary<String> requests() {
    return Arbitraries.of(Operations.all().keySet())
        .flatMap(
            op ->
                Combinators.combine(members(op), envelope())
                    .as(
                        (args, more) ->
                            "{\"id\":1,\"op\":\"%s\",\"args\":{%s}%s}".formatted(op, args, more)));
  }

  /** Each of an operation's arguments, or another one, with any value. */
  private static Arbitrary<String> members(String op) {
    List<String> names =
        Operations.all().get(op).parameters().stream().map(Parameter::name).toList();
    Arbitrary<List<String>> values = Arbitraries.of(VALUES).list().ofSize(names.size());
    return values.map(
        given -> {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < names.size(); i++) {
            text.append(i == 0 ? "" : ",").append('"').append(names.get(i)).append("\":");
            text.append(given.get(i));
          }
          return text.toString();
        });
  }

  private static Arbitrary<String> envelope() {
    Arbitrary<String> one =
        Combinators.combine(Arbitraries.of(KEYS), Arbitraries.of(VALUES))
            .as((key, value) -> ",\"%s\":%s".formatted(key, value));
    Arbitrary<String> judged =
        Arbitraries.of(VALUES)
            .map(value -> ",\"precision\":\"bf16\",\"theirs\":{\"y\":" + value + "}");
    return Arbitraries.oneOf(
        Arbitraries.just(""), Arbitraries.just(",\"precision\":\"f32\""), one, judged);
  }

  /** Numbers that a format holds, but hardly anybody expects. */
  private static final double[] EXTREMES = {
    0, -0.0, 1, 1e-300, 5e-324, 1e300, -1e300, 3e38, 1e-45, 1e19, 2.5
  };

  /** Arguments of the right form, with extreme numbers in some of them. */
  private static JsonObject extreme(String op, long seed) {
    Random random = new Random(seed);
    JsonObject args =
        new ConformCases(seed, random.nextBoolean() ? DType.F64 : DType.F32)
            .args(Operations.all().get(op));
    for (Parameter parameter : Operations.all().get(op).parameters()) {
      boolean isNumber = parameter.kind() == Parameter.Kind.NUMBER;
      if (isNumber && random.nextInt(3) == 0) {
        double value = EXTREMES[random.nextInt(EXTREMES.length)];
        args.addProperty(parameter.name(), value > 0 ? value : 1e-300);
      }
      if (parameter.kind() == Parameter.Kind.INTEGER && random.nextInt(3) == 0) {
        args.addProperty(parameter.name(), random.nextBoolean() ? Integer.MAX_VALUE : 1);
      }
      if (args.get(parameter.name()) instanceof JsonObject tensor
          && tensor.has("data")
          && random.nextBoolean()) {
        args.add(parameter.name(), extreme(tensor.getAsJsonArray("shape"), random, false));
      }
    }
    return args;
  }

  private static JsonObject extreme(JsonArray shape, Random random, boolean mayBeNone) {
    int size = 1;
    for (JsonElement axis : shape) {
      size *= axis.getAsInt();
    }
    double[] values = new double[size];
    double one = EXTREMES[random.nextInt(EXTREMES.length)];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextInt(4) == 0 ? one : random.nextGaussian();
    }
    if (mayBeNone && random.nextBoolean()) {
      values[random.nextInt(size)] = random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY;
    }
    int[] axes = shape.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    return TensorJson.write(new DoubleTensor(values, axes));
  }

  /** A result of the right shape, or of another, in which anything may be. */
  private static JsonObject theirs(JsonObject right, Random random) {
    JsonObject theirs = new JsonObject();
    right
        .entrySet()
        .forEach(
            entry -> {
              JsonArray shape = entry.getValue().getAsJsonObject().getAsJsonArray("shape");
              JsonArray given = shape.deepCopy();
              if (random.nextInt(4) == 0) {
                given.set(0, new com.google.gson.JsonPrimitive(1 + random.nextInt(5)));
              }
              theirs.add(entry.getKey(), extreme(given, random, true));
            });
    return theirs;
  }

  @Property(tries = 200)
  void verdictsOnExtremeNumbers(@ForAll("computed") String op, @ForAll long seed) {
    Random random = new Random(seed);
    JsonObject request = new JsonObject();
    request.addProperty("op", op);
    request.add("args", extreme(op, seed));
    Reply right = ORACLE.answer(request.toString());
    assertReply(right, request.toString());
    JsonObject result = JsonParser.parseString(right.json()).getAsJsonObject();
    if (result.has("result")) {
      request.add("theirs", theirs(result.getAsJsonObject("result"), random));
      String[] precisions = {"f32", "bf16", "f16", "f64", "bf16-hf", "f32-llama.cpp"};
      request.addProperty("precision", precisions[random.nextInt(precisions.length)]);
      assertReply(ORACLE.answer(request.toString()), request.toString());
    }
  }

  @Property(tries = 100)
  void anOracleWithABugAndExtremeNumbers(
      @ForAll("computed") String op, @ForAll("bugs") Quirk quirk, @ForAll long seed) {
    Oracle wrong =
        new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test", Optional.of(quirk))
            .validating();
    JsonObject request = new JsonObject();
    request.addProperty("op", op);
    request.add("args", extreme(op, seed));
    String[] how = {"arithmetic", "float32", "precision", "bf16", "arithmetic", "bf16-hf"};
    int at = 2 * new Random(seed).nextInt(3);
    request.addProperty(how[at], how[at + 1]);
    JsonObject reply =
        JsonParser.parseString(wrong.answer(request.toString()).json()).getAsJsonObject();
    assertEquals(quirk.name(), reply.remove("quirk").getAsString());
    assertReply(new Reply(reply.toString(), Reply.Kind.GOOD), request.toString());
  }

  @Provide
  Arbitrary<String> computed() {
    return Arbitraries.of(
        Conformance.operations().stream()
            .filter(op -> Operations.all().get(op).isComputed() && !op.equals("forward"))
            .toList());
  }

  @Provide
  Arbitrary<Quirk> bugs() {
    return Arbitraries.of(Zoo.all());
  }
}
