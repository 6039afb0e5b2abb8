package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import loupe.golden.GoldenCase;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** Requests and what the oracle says to them. */
class OracleTest {
  private static final Oracle ORACLE =
      new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test").validating();

  /** A tensor in JSON. */
  static String f32(int[] shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return "{\"dtype\":\"F32\",\"shape\":%s,\"data\":\"%s\"}"
        .formatted(Arrays.toString(shape), Base64.getEncoder().encodeToString(bytes.array()));
  }

  static double[] doubles(JsonObject tensor, String key) {
    byte[] bytes = Base64.getDecoder().decode(tensor.get(key).getAsString());
    double[] out = new double[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(out);
    return out;
  }

  private static JsonObject result(String request) {
    Reply reply = ORACLE.answer(request);
    assertTrue(reply.kind() != Reply.Kind.ERROR, reply.json());
    return JsonParser.parseString(reply.json()).getAsJsonObject().getAsJsonObject("result");
  }

  private static void assertRefused(String id, ErrorCode code, String words, String request) {
    JsonObject reply = JsonParser.parseString(ORACLE.answer(request).json()).getAsJsonObject();
    assertTrue(reply.has("error"), request + " was answered with " + reply);
    assertEquals(id, reply.get("id").toString(), request);
    JsonObject error = reply.getAsJsonObject("error");
    assertEquals(code.id(), error.get("code").getAsString(), reply.toString());
    assertTrue(error.get("message").getAsString().contains(words), reply.toString());
  }

  @Test
  void anIdIsCountedInCharactersAndNoIdsAreNoText() {
    String id = "\ud83d\ude00".repeat(200);
    String detokenize = "{\"id\":\"%s\",\"op\":\"detokenize\",\"args\":{\"ids\":[]}}";
    assertEquals("", result(detokenize.formatted(id)).get("text").getAsString());
    assertRefused(
        "null", ErrorCode.INVALID_REQUEST, "200 characters", detokenize.formatted(id + "x"));
    assertRefused(
        "1",
        ErrorCode.INVALID_ARGUMENT,
        "it takes none",
        "{\"id\":1,\"op\":\"hello\",\"args\":{\"x\":1}}");
  }

  @Test
  void helloSaysWhatThereIs() {
    JsonObject hello = result("{\"id\":1,\"op\":\"hello\"}");
    assertEquals(
        Operations.all().keySet().toString(),
        hello.getAsJsonArray("operations").toString().replace("\"", "").replace(",", ", "));
    assertEquals(Limits.DEFAULT.json(), hello.getAsJsonObject("limits"));
  }

  @Test
  void everyOperationIsDescribed() {
    for (String name : Operations.all().keySet()) {
      result("{\"op\":\"describe\",\"args\":{\"op\":\"" + name + "\"}}");
    }
  }

  @Test
  void anOperationIsComputedInTheArithmeticThatIsAskedFor() {
    String args = "\"args\":{\"cap\":50,\"x\":" + f32(new int[] {1}, 100) + "}}";
    double exact = 50 * StrictMath.tanh(2);
    JsonObject y = result("{\"op\":\"softcap\"," + args).getAsJsonObject("y");
    assertArrayEquals(new double[] {exact}, doubles(y, "data"));
    y = result("{\"op\":\"softcap\",\"arithmetic\":\"f32\"," + args).getAsJsonObject("y");
    assertEquals("F32", y.get("dtype").getAsString());
    y = result("{\"op\":\"softcap\",\"precision\":\"bf16\"," + args).getAsJsonObject("y");
    assertArrayEquals(new double[] {exact}, doubles(y, "data"));
    double radius = doubles(y, "radius")[0];
    assertTrue(radius > 0.1 && radius < 1, radius + "");
  }

  @Test
  void aResultOfTheCallerIsJudged() {
    float right = (float) (50 * StrictMath.tanh(2));
    for (float theirs : new float[] {right, right + 0.001f, Float.NaN}) {
      JsonObject verdict =
          result(
                  "{\"op\":\"softcap\",\"args\":{\"cap\":50,\"x\":%s},\"theirs\":{\"y\":%s}}"
                      .formatted(f32(new int[] {1}, 100), f32(new int[] {1}, theirs)))
              .getAsJsonObject("verdict");
      assertEquals(theirs == right ? "pass" : "fail", verdict.get("verdict").getAsString());
    }
    JsonObject verdict =
        result(
                "{\"op\":\"softcap\",\"args\":{\"cap\":50,\"x\":%s},\"theirs\":{\"y\":%s}}"
                    .formatted(f32(new int[] {1}, 100), f32(new int[] {1, 1}, right)))
            .getAsJsonObject("verdict");
    assertEquals("shape", verdict.getAsJsonObject("first_divergence").get("reason").getAsString());
  }

  @Test
  void aModelByFormulaIsThatOfTheGoldenCase() {
    GoldenCase golden = GoldenCase.of("mild");
    String json = golden.configJson().replace("\n", " ");
    StringBuilder knobs = new StringBuilder();
    golden
        .knobs()
        .byRole()
        .forEach(
            (role, knob) ->
                knobs.append(
                    "%s\"%s\":[%s,%s]"
                        .formatted(knobs.isEmpty() ? "" : ",", role, knob.mean(), knob.scale())));
    String model =
        "{\"config\":%s,\"seed\":%d,\"knobs\":{%s}}".formatted(json, golden.seed(), knobs);
    String request =
        "{\"op\":\"forward\",\"args\":{\"model\":%s,\"tokens\":%s,\"hooks\":[\"*\"]}}"
            .formatted(model, Arrays.toString(golden.tokenIds()));
    JsonObject tensors = result(request).getAsJsonObject("tensors");
    assertEquals(golden.trace().names(), tensors.keySet());
    double[] logits = doubles(tensors.getAsJsonObject("hook_logits"), "data");
    double[] truth = new double[logits.length];
    golden.trace().tensor("hook_logits").read(0, truth, 0, truth.length);
    assertArrayEquals(
        truth, logits, 1e-12 * Arrays.stream(truth).map(Math::abs).max().getAsDouble());

    String theirs = tensors.toString();
    int end = request.indexOf(",\"hooks\"");
    String judged = request.substring(0, end) + "},\"theirs\":" + theirs + "}";
    JsonObject verdict = result(judged).getAsJsonObject("verdict");
    assertEquals("pass", verdict.get("verdict").getAsString());
    assertEquals(tensors.size(), verdict.get("compared").getAsInt());
  }

  @Test
  void theSameRequestHasTheSameBytes() {
    String request =
        "{\"op\":\"forward\",\"precision\":\"bf16\",\"args\":{\"model\":\"tiny\",\"tokens\":[2,7]}}";
    String first = ORACLE.answer(request).json();
    assertEquals(first, ORACLE.answer(request).json());
    Oracle other = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(2), "test");
    assertEquals(first, other.answer(request).json());
  }

  @Test
  void whatIsNoRequestIsRefusedWithItsId() {
    assertRefused("null", ErrorCode.PARSE_ERROR, "JSON", "garbage");
    assertRefused("null", ErrorCode.PARSE_ERROR, "", "");
    assertRefused("null", ErrorCode.PARSE_ERROR, "twice", "{\"id\":1,\"id\":2,\"op\":\"hello\"}");
    assertRefused("null", ErrorCode.PARSE_ERROR, "", "[".repeat(100_000));
    assertRefused("null", ErrorCode.INVALID_REQUEST, "object", "[]");
    assertRefused("null", ErrorCode.INVALID_REQUEST, "id", "{\"id\":1.5,\"op\":\"hello\"}");
    assertRefused("3", ErrorCode.INVALID_REQUEST, "op", "{\"id\":3}");
    assertRefused(
        "\"x\"", ErrorCode.INVALID_REQUEST, "extra", "{\"id\":\"x\",\"op\":\"hello\",\"extra\":1}");
    assertRefused("4", ErrorCode.UNKNOWN_OPERATION, "rope", "{\"id\":4,\"op\":\"rop\"}");
    assertRefused(
        "5", ErrorCode.INVALID_ARGUMENT, "cap", "{\"id\":5,\"op\":\"hello\",\"args\":{\"cap\":1}}");
    Reply invalid = ORACLE.answer(ByteBuffer.wrap(new byte[] {'"', (byte) 0xff, '"'}));
    assertTrue(invalid.json().contains("UTF-8"), invalid.json());
    Reply surrogate = ORACLE.answer("{\"op\":\"tokenize\",\"args\":{\"text\":\"\\ud800\"}}");
    assertEquals(Reply.Kind.ERROR, surrogate.kind());
    ByteBuffer long1 =
        ByteBuffer.wrap(
            " ".repeat(Limits.DEFAULT.lineBytes() + 1).getBytes(StandardCharsets.UTF_8));
    assertTrue(ORACLE.answer(long1).json().contains(ErrorCode.LINE_TOO_LONG.id()));
  }

  @Test
  void argumentsThatDoNotFitAreRefusedByName() {
    String x = f32(new int[] {1, 2}, 1, 2);
    assertRefused(
        "1",
        ErrorCode.INVALID_ARGUMENT,
        "args.cap is missing",
        "{\"id\":1,\"op\":\"softcap\",\"args\":{\"x\":%s}}".formatted(x));
    assertRefused(
        "1",
        ErrorCode.INVALID_ARGUMENT,
        "args.cap must be above 0",
        "{\"id\":1,\"op\":\"softcap\",\"args\":{\"cap\":0,\"x\":%s}}".formatted(x));
    assertRefused(
        "1",
        ErrorCode.INVALID_ARGUMENT,
        "d_in = 3",
        "{\"id\":1,\"op\":\"linear\",\"args\":{\"x\":%s,\"weight\":%s}}"
            .formatted(x, f32(new int[] {1, 3}, 1, 2, 3)));
    assertRefused(
        "1",
        ErrorCode.NON_FINITE,
        "element 1",
        "{\"id\":1,\"op\":\"gelu_tanh\",\"args\":{\"x\":%s}}"
            .formatted(f32(new int[] {2}, 1, Float.NaN)));
    assertRefused(
        "1",
        ErrorCode.INVALID_ARGUMENT,
        "base64",
        "{\"id\":1,\"op\":\"gelu_tanh\",\"args\":{\"x\":%s}}"
            .formatted(x.replace("[1, 2]", "[3]")));
    assertRefused(
        "1",
        ErrorCode.UNAVAILABLE,
        "files",
        "{\"id\":1,\"op\":\"forward\",\"args\":{\"model\":\"/etc\",\"tokens\":[2]}}");
    assertRefused(
        "1",
        ErrorCode.INVALID_REQUEST,
        "arithmetic",
        "{\"id\":1,\"op\":\"gelu_tanh\",\"arithmetic\":\"f8\",\"args\":{\"x\":%s}}".formatted(x));
  }

  @Test
  void whatIsTooLargeIsRefusedBeforeItIsMade() {
    String huge =
        "{\"dtype\":\"F32\",\"shape\":[%s],\"formula\":{\"name\":\"x\",\"seed\":1,\"mean\":0,\"scale\":1}}";
    assertRefused(
        "1",
        ErrorCode.LIMIT_EXCEEDED,
        "elements",
        "{\"id\":1,\"op\":\"gelu_tanh\",\"args\":{\"x\":%s}}"
            .formatted(huge.formatted("2147483647,2147483647,9223372036854775807")));
    String column = huge.formatted("1000000,1");
    assertRefused(
        "1",
        ErrorCode.LIMIT_EXCEEDED,
        "multiplications",
        "{\"id\":1,\"op\":\"linear\",\"args\":{\"x\":%s,\"weight\":%s}}".formatted(column, column));
    String config =
        "{\"hidden_size\":9000,\"num_hidden_layers\":4000,\"num_attention_heads\":1,\"num_key_value_heads\":1,\"head_dim\":2,\"intermediate_size\":1,\"vocab_size\":9}";
    assertRefused(
        "1",
        ErrorCode.LIMIT_EXCEEDED,
        "parameters",
        "{\"id\":1,\"op\":\"forward\",\"args\":{\"model\":{\"config\":%s},\"tokens\":[2]}}"
            .formatted(config));
  }
}
