package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import loupe.loaders.StrictJson;
import loupe.reference.DType;
import loupe.reference.InputException;

/**
 * Asks a program that answers the protocol itself, and grades its answers: each operation by its
 * own bounds, the whole model step by step.
 */
public final class Conformance {
  /** The program at the other end. */
  public interface Port {
    /**
     * Its answer to a line.
     *
     * @throws SilentException if it gives none
     */
    String ask(String line) throws SilentException;
  }

  /** A program hung, died, or wrote no line. */
  public static final class SilentException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What happened, in words. */
    public SilentException(String message) {
      super(message);
    }
  }

  private final Oracle oracle;
  private final Port port;
  private final Optional<String> precision;
  private final DType dtype;
  private final int cases;
  private int nextId = 1;

  /**
   * An examination.
   *
   * @param precision that is graded by; that of each answer where it is empty
   * @param dtype of the tensors that are sent
   * @param cases for each operation
   */
  public Conformance(Oracle oracle, Port port, Optional<String> precision, DType dtype, int cases) {
    this.oracle = oracle;
    this.port = port;
    this.precision = precision;
    this.dtype = dtype;
    this.cases = cases;
  }

  /** Operations that are asked for though they are not computed. */
  private static final Set<String> INQUIRIES =
      Set.of("tokenize", "detokenize", "chat_prompt", Sampled.OPERATION);

  /** The operations that can be asked for, in the order of the table. */
  public static List<String> operations() {
    return Operations.all().values().stream()
        .filter(operation -> operation.isComputed() || INQUIRIES.contains(operation.name()))
        .map(Operation::name)
        .toList();
  }

  /**
   * Asks for some operations.
   *
   * @param wanted names of {@link #operations}
   * @param seed of the requests
   */
  public Scorecard examine(Set<String> wanted, long seed) {
    Optional<Set<String>> known = hello();
    List<Scorecard.Mark> marks = new ArrayList<>();
    for (String name : operations()) {
      if (!wanted.contains(name)) {
        continue;
      }
      boolean isKnown = known.isEmpty() || known.get().contains(name);
      marks.add(
          isKnown
              ? new Examination(Operations.all().get(name)).run(seed)
              : skipped(name, "hello does not list it"));
    }
    return new Scorecard(seed, marks);
  }

  /** The operations that the program says it has; empty where it does not answer that. */
  private Optional<Set<String>> hello() {
    try {
      JsonObject reply = reply(port.ask("{\"id\":0,\"op\":\"hello\"}"), 0);
      Set<String> names = new TreeSet<>();
      JsonArray list = reply.getAsJsonObject("result").getAsJsonArray("operations");
      list.forEach(name -> names.add(name.getAsString()));
      return Optional.of(names);
    } catch (SilentException | RuntimeException e) {
      return Optional.empty(); // A program need not know hello.
    }
  }

  private static Scorecard.Mark skipped(String name, String why) {
    return new Scorecard.Mark(
        name, 0, 0, 0, Double.NaN, Optional.of(why), Optional.empty(), Optional.empty());
  }

  /**
   * The reply that a line is.
   *
   * @throws InputException if it is none
   */
  private static JsonObject reply(String line, int id) {
    StrictJson.parse(line, "reply");
    JsonElement parsed = JsonParser.parseString(line);
    if (!parsed.isJsonObject()) {
      throw new InputException("the reply is no object");
    }
    JsonObject reply = parsed.getAsJsonObject();
    boolean isEcho = reply.has("id") && reply.get("id").toString().equals(Integer.toString(id));
    if (!isEcho) {
      throw new InputException("the reply has not the request's id " + id);
    }
    if (!(reply.get("result") instanceof JsonObject)
        && !(reply.get("error") instanceof JsonObject)) {
      throw new InputException("the reply has neither a result nor an error that is an object");
    }
    return reply;
  }

  /** One operation. */
  private final class Examination {
    private final Operation operation;
    private int passed;
    private int failed;
    private int undecided;
    private double worst = Double.NaN;
    private Optional<String> skipped = Optional.empty();
    private Optional<String> firstFailure = Optional.empty();
    private Optional<String> failedRequest = Optional.empty();

    Examination(Operation operation) {
      this.operation = operation;
    }

    Scorecard.Mark run(long seed) {
      ConformCases requests = new ConformCases(seed * 31 + operation.name().hashCode(), dtype);
      for (int i = 0; i < cases && skipped.isEmpty(); i++) {
        try {
          ask(requests.args(operation));
        } catch (SilentException e) {
          fail(e.getMessage(), Optional.empty());
          break; // The next request would most likely wait as long.
        } catch (InputException e) {
          fail(e.getMessage(), Optional.empty());
        }
      }
      return new Scorecard.Mark(
          operation.name(), passed, failed, undecided, worst, skipped, firstFailure, failedRequest);
    }

    private void fail(String message, Optional<String> request) {
      failed++;
      if (firstFailure.isEmpty()) {
        firstFailure = Optional.of(message);
        failedRequest = request;
      }
    }

    private void ask(JsonObject args) throws SilentException {
      JsonObject request = new JsonObject();
      int id = nextId++;
      request.addProperty("id", id);
      request.addProperty("op", operation.name());
      request.add("args", args);
      JsonObject reply = reply(port.ask(request.toString()), id);
      if (reply.has("error")) {
        JsonObject error = reply.getAsJsonObject("error");
        if (ErrorCode.UNKNOWN_OPERATION.id().equals(text(error.get("code")))) {
          skipped = Optional.of("the program does not know it");
        } else if (ErrorCode.UNAVAILABLE.id().equals(text(error.get("code")))) {
          skipped = Optional.of("the program has it not at hand: " + text(error.get("message")));
        } else {
          fail("the program refuses: " + text(error.get("message")), Optional.empty());
        }
        return;
      }
      JsonObject result = reply.getAsJsonObject("result");
      if (operation.isComputed()) {
        grade(request, theirs(result));
      } else {
        gradeInquiry(request, result);
      }
    }

    private void gradeInquiry(JsonObject request, JsonObject result) {
      InquiryGrade grade =
          operation.name().equals(Sampled.OPERATION)
              ? InquiryGrade.ofDistribution(
                  request.getAsJsonObject("args"), result, oracle.context(), precision)
              : InquiryGrade.ofEqual(operation, InquiryGrade.right(oracle, request), result);
      if (grade.wrong().isPresent()) {
        fail(grade.wrong().get(), Optional.of(request.toString()));
        return;
      }
      see(grade.worst());
      if (grade.isUndecided()) {
        undecided++;
      } else {
        passed++;
      }
    }

    private static String text(JsonElement element) {
      return element == null
          ? ""
          : element.isJsonPrimitive() ? element.getAsString() : element + "";
    }

    /** The tensors of a result; the last one is what the operation is there for. */
    private JsonObject theirs(JsonObject result) {
      boolean isWhole = operation.name().equals("forward");
      String needed =
          isWhole ? "hook_logits" : operation.results().get(operation.results().size() - 1).name();
      JsonElement tensors = isWhole ? result.get("tensors") : result;
      if (!(tensors instanceof JsonObject theirs) || !theirs.has(needed)) {
        throw new InputException("the result has no " + needed);
      }
      return theirs;
    }

    private void grade(JsonObject asked, JsonObject theirs) {
      JsonObject request = asked.deepCopy();
      request.getAsJsonObject("args").remove("hooks");
      precision.ifPresent(p -> request.addProperty("precision", p));
      request.add("theirs", theirs);
      String line = request.toString();
      JsonObject reply = JsonParser.parseString(oracle.answer(line).json()).getAsJsonObject();
      if (reply.has("error")) {
        fail(reply.getAsJsonObject("error").get("message").getAsString(), Optional.of(line));
        return;
      }
      JsonObject verdict = reply.getAsJsonObject("result").getAsJsonObject("verdict");
      verdict.getAsJsonArray("tensors").forEach(t -> see(Verdicts.ratio(t.getAsJsonObject())));
      switch (verdict.get("verdict").getAsString()) {
        case "pass" -> passed++;
        case "undecidable" -> undecided++;
        default -> fail(Verdicts.sentence(verdict), Optional.of(line));
      }
    }

    private void see(double ratio) {
      if (!Double.isNaN(ratio)) {
        worst = Double.isNaN(worst) ? ratio : Math.max(worst, ratio);
      }
    }
  }
}
