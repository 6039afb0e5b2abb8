package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
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
}
