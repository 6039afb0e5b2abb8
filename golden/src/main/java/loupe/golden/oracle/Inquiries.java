package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import loupe.golden.Arithmetics;
import loupe.golden.EmbeddedModel;
import loupe.golden.PublishedPolicy;
import loupe.golden.check.Candidate;
import loupe.golden.quirk.Quirk;
import loupe.loaders.ModelDigest;
import loupe.reference.FloatFormat;

/** What a program asks before it computes: who are you, what can you do, what do bounds assume? */
final class Inquiries {
  /** Rises where a program that was written for an older version could misread a reply. */
  static final int PROTOCOL = 1;

  private static String tinyDigest;

  static final List<Operation> OPERATIONS =
      List.of(
          Operation.inquiry(
              "hello",
              "Who answers, in which version, and what it can do.",
              List.of(),
              List.of(
                  Result.of(Result.Kind.INTEGER, "protocol", "version of this protocol"),
                  Result.of(Result.Kind.TEXT, "program", "who answers"),
                  Result.of(Result.Kind.TEXT, "version", "its version"),
                  Result.of(Result.Kind.TEXTS, "operations", "names of all operations"),
                  Result.of(Result.Kind.TEXTS, "arithmetics", "what arithmetic can be"),
                  Result.of(Result.Kind.TEXTS, "precisions", "what precision can be"),
                  Result.of(Result.Kind.TEXTS, "policies", "rounding policies, which are both"),
                  Result.of(Result.Kind.TEXTS, "dtypes", "element types of tensors"),
                  Result.of(Result.Kind.TEXTS, "errors", "codes of errors"),
                  Result.of(Result.Kind.OBJECT, "limits", "what one request may cost"),
                  Result.of(Result.Kind.OBJECT, "digests", "SHA-256 of models and of the schema"),
                  Result.of(
                      Result.Kind.TEXTS,
                      "quirks",
                      "known bugs that are in on purpose; normally none")),
              Inquiries::hello),
          Operation.inquiry(
              "describe",
              "An operation: what it computes, its JSON Schemas.",
              List.of(Parameter.of(Parameter.Kind.TEXT, "op", "name of the operation")),
              List.of(
                  Result.of(Result.Kind.TEXT, "meaning", "what it is"),
                  Result.of(Result.Kind.TEXT, "formula", "what is computed"),
                  Result.of(Result.Kind.OBJECT, "args", "JSON Schema of its arguments"),
                  Result.of(Result.Kind.OBJECT, "result", "JSON Schema of its result")),
              Inquiries::describe),
          Operation.inquiry(
              "contract",
              "What bounds assume of a program, in words.",
              List.of(
                  Parameter.of(Parameter.Kind.TEXT, "precision", "a format or a policy"),
                  Parameter.of(Parameter.Kind.NUMBER, "elementary_ulp", "4 if left out")
                      .within(1, false, 1024)
                      .optional()),
              List.of(Result.of(Result.Kind.TEXT, "text", "the premises")),
              Inquiries::contract));

  private Inquiries() {}

  private static JsonObject hello(Operation.Call call) {
    JsonObject result = new JsonObject();
    result.addProperty("protocol", PROTOCOL);
    result.addProperty("program", "loupe");
    result.addProperty("version", call.context().version());
    result.add("operations", texts(Operations.all().keySet()));
    result.add("arithmetics", texts(Arithmetics.names()));
    List<String> precisions = new ArrayList<>();
    for (FloatFormat format : FloatFormat.values()) {
      precisions.add(format.label());
    }
    PublishedPolicy.names().stream().filter(p -> !precisions.contains(p)).forEach(precisions::add);
    result.add("precisions", texts(precisions));
    result.add("policies", texts(PublishedPolicy.names()));
    result.add("dtypes", texts(List.of("F64", "F32", "F16", "BF16")));
    JsonArray errors = new JsonArray();
    for (ErrorCode code : ErrorCode.values()) {
      errors.add(code.id());
    }
    result.add("errors", errors);
    result.add("limits", call.context().limits().json());
    JsonObject digests = new JsonObject();
    digests.addProperty(EmbeddedModel.NAME, tinyDigest());
    digests.addProperty("schema", Schemas.digest());
    result.add("digests", digests);
    result.add("quirks", texts(call.context().quirk().map(Quirk::name).stream().toList()));
    return result;
  }

  private static synchronized String tinyDigest() {
    if (tinyDigest == null) {
      tinyDigest = ModelDigest.of(EmbeddedModel.weights());
    }
    return tinyDigest;
  }

  private static JsonArray texts(Collection<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(array::add);
    return array;
  }

  private static JsonObject describe(Operation.Call call) {
    Operation operation = Oracle.operation(call.in().text("op", ""));
    JsonObject result = new JsonObject();
    result.addProperty("meaning", operation.meaning());
    result.addProperty("formula", operation.formula());
    result.add("args", Schemas.args(operation));
    result.add("result", Schemas.result(operation));
    return result;
  }

  private static JsonObject contract(Operation.Call call) {
    double ulp = call.in().number("elementary_ulp", loupe.reference.PortContract.ELEMENTARY_ULP);
    Candidate candidate = Candidate.of(call.in().text("precision", ""), ulp).get(0);
    JsonObject result = new JsonObject();
    result.addProperty("text", candidate.contract().text());
    return result;
  }
}
