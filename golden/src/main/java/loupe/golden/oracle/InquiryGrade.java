package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.Map;
import java.util.Optional;
import loupe.golden.check.Candidate;
import loupe.loaders.StrictJson;
import loupe.reference.DType;
import loupe.reference.PortContract;

/**
 * What is said of an answer to an operation that is not computed: ids and texts must be equal, a
 * distribution is graded by {@link Sampled}.
 *
 * @param wrong why it is wrong; empty where it is not
 * @param isUndecided whether another right program may answer otherwise
 * @param worst largest distance of a number in units of its bound; NaN where there is none
 */
record InquiryGrade(Optional<String> wrong, boolean isUndecided, double worst) {
  private static final int SHOWN = 60;

  static InquiryGrade wrong(String why) {
    return new InquiryGrade(Optional.of(why), false, Double.NaN);
  }

  /**
   * Grades a result.
   *
   * @param right the result that is right
   * @param theirs whatever the program sent; its first entry in the table must be there
   */
  static InquiryGrade ofEqual(Operation operation, JsonObject right, JsonObject theirs) {
    for (Result result : operation.results()) {
      JsonElement expected = right.get(result.name());
      JsonElement found = theirs.get(result.name());
      boolean isNeeded = result == operation.results().get(0);
      if (found == null && isNeeded) {
        return wrong("the result has no " + result.name());
      }
      if (found != null && !found.equals(expected)) {
        return wrong(difference(result.name(), expected, found));
      }
    }
    return new InquiryGrade(Optional.empty(), false, Double.NaN);
  }

  private static String difference(String name, JsonElement expected, JsonElement found) {
    if (expected instanceof JsonArray right && found instanceof JsonArray theirs) {
      int at = 0;
      while (at < right.size() && at < theirs.size() && right.get(at).equals(theirs.get(at))) {
        at++;
      }
      if (at == right.size() || at == theirs.size()) {
        return "%s has %d entries instead of %d".formatted(name, theirs.size(), right.size());
      }
      return "%s[%d] is %s instead of %s"
          .formatted(name, at, shortened(theirs.get(at)), shortened(right.get(at)));
    }
    return "%s is %s instead of %s".formatted(name, shortened(found), shortened(expected));
  }

  private static String shortened(JsonElement value) {
    String text = value.toString();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }

  /**
   * Grades a distribution.
   *
   * @param args of the request
   * @param precision that is graded by; that of the answer where it is empty
   * @throws loupe.reference.InputException if the result has another form
   */
  static InquiryGrade ofDistribution(
      JsonObject args, JsonObject theirs, Context context, Optional<String> precision) {
    TensorJson tensors = new TensorJson(context.files(), context.limits());
    Arguments in =
        ArgumentReader.read(
            Operations.all().get(Sampled.OPERATION),
            (Map<?, ?>) StrictJson.parse(args.toString(), "args"),
            tensors,
            context);
    Map<?, ?> result = (Map<?, ?>) StrictJson.parse(theirs.toString(), "result");
    TensorJson.Given p =
        tensors.read(result.get("probabilities"), "result.probabilities", shape -> {});
    int[] ids =
        Fields.list(result, "ids", "result").stream()
            .mapToLong(id -> Fields.whole(id, "result.ids"))
            .mapToInt(id -> (int) Math.max(-1, Math.min(id, Integer.MAX_VALUE)))
            .toArray();
    String how = precision.orElse(label(p.dtype()));
    Candidate candidate = context.candidates(how, PortContract.ELEMENTARY_ULP).get(0);
    return new Sampled(in, candidate).grade(ids, p.values().toDoubles());
  }

  private static String label(DType dtype) {
    return dtype.name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The result of a request that must be good. */
  static JsonObject right(Oracle oracle, JsonObject request) {
    JsonObject reply =
        JsonParser.parseString(oracle.answer(request.toString()).json()).getAsJsonObject();
    return reply.getAsJsonObject("result");
  }
}
