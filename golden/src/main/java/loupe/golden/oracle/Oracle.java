package loupe.golden.oracle;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import loupe.golden.check.Report;
import loupe.golden.quirk.Quirk;
import loupe.loaders.StrictJson;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Spelling;
import loupe.reference.Workers;

/**
 * The live oracle: a line of JSON in, a line of JSON out. It keeps nothing that could change an
 * answer, so the same line always has the same answer, byte for byte. No input ends it: whatever is
 * wrong is answered with an error. {@code golden/PROTOCOL.md} describes the messages.
 */
public final class Oracle {
  private final Context context;
  private final SchemaCheck check;

  private Oracle(Context context, SchemaCheck check) {
    this.context = context;
    this.check = check;
  }

  /**
   * An oracle.
   *
   * @param version of the program, for {@code hello}
   */
  public Oracle(OracleFiles files, Limits limits, Workers workers, String version) {
    this(files, limits, workers, version, Optional.empty());
  }

  /**
   * An oracle with a known bug in it on purpose. Every reply is marked with its name; verdicts are
   * refused.
   *
   * @param quirk the bug; empty for none
   */
  public Oracle(
      OracleFiles files, Limits limits, Workers workers, String version, Optional<Quirk> quirk) {
    this(new Context(files, limits, workers, version, quirk), null);
  }

  /**
   * The same oracle, which also holds every request that it accepts, and every reply, against the
   * JSON Schemas. What does not fit them is a mistake of this program: {@link
   * ErrorCode#INTERNAL_ERROR}.
   */
  public Oracle validating() {
    return new Oracle(context, new SchemaCheck());
  }

  Context context() {
    return context;
  }

  public Limits limits() {
    return context.limits();
  }

  /** The operation of this name; refused if there is none. */
  static Operation operation(String name) {
    Operation operation = Operations.all().get(name);
    if (operation == null) {
      throw new RefusedException(
          ErrorCode.UNKNOWN_OPERATION,
          "there is no operation '"
              + name
              + "'; "
              + Spelling.suggest(name, Operations.all().keySet()));
    }
    return operation;
  }

  /**
   * The reply to one line.
   *
   * @param line UTF-8 without its line feed, from position to limit
   * @return JSON without a line feed
   */
  public Reply answer(ByteBuffer line) {
    if (line.remaining() > limits().lineBytes()) {
      return tooLong();
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(line).toString();
    } catch (CharacterCodingException e) {
      return error(JsonNull.INSTANCE, ErrorCode.PARSE_ERROR, "the line is no valid UTF-8");
    }
    return answer(text);
  }

  /** The reply to a line that was longer than the limit, and was not kept. */
  public Reply tooLong() {
    return error(
        JsonNull.INSTANCE,
        ErrorCode.LINE_TOO_LONG,
        "the line has more than %d bytes; send large tensors by file"
            .formatted(limits().lineBytes()));
  }

  /** The reply to one line; one request at a time. */
  public synchronized Reply answer(String line) {
    Object parsed;
    try {
      parsed = StrictJson.parse(line, "request");
    } catch (InputException e) {
      return error(JsonNull.INSTANCE, ErrorCode.PARSE_ERROR, e.getMessage());
    } catch (OutOfMemoryError | StackOverflowError e) {
      return error(JsonNull.INSTANCE, ErrorCode.LIMIT_EXCEEDED, "the line needs too much memory");
    }
    JsonElement id = Request.id(parsed);
    try {
      Request request = Request.of(parsed);
      JsonObject result = result(request);
      JsonObject reply = new JsonObject();
      reply.add("id", id);
      reply.add("result", result);
      mark(reply);
      return validated(parsed, request, new Reply(reply.toString(), kind(result)));
    } catch (RefusedException e) {
      return error(id, e.code(), e.getMessage());
    } catch (NonFiniteException e) {
      return error(id, ErrorCode.NON_FINITE, e.getMessage());
    } catch (InputException e) {
      return error(id, ErrorCode.INVALID_ARGUMENT, e.getMessage());
    } catch (OutOfMemoryError | StackOverflowError e) {
      return error(id, ErrorCode.LIMIT_EXCEEDED, "the request needs too much memory");
    } catch (RuntimeException e) {
      return error(id, ErrorCode.INTERNAL_ERROR, e.toString());
    }
  }

  private JsonObject result(Request request) {
    Operation operation = operation(request.op());
    if (!operation.isComputed() && request.saysHow()) {
      throw new RefusedException(
          ErrorCode.INVALID_REQUEST,
          operation.name() + " takes neither arithmetic nor precision nor theirs");
    }
    if (request.theirs().isPresent() && context.quirk().isPresent()) {
      throw new RefusedException(
          ErrorCode.INVALID_REQUEST,
          "theirs is not judged by an oracle that is wrong on purpose (--quirk %s)"
              .formatted(context.quirk().get().name()));
    }
    TensorJson tensors = new TensorJson(context.files(), context.limits());
    Arguments in = ArgumentReader.read(operation, request.args(), tensors, context);
    return operation.body().answer(new Operation.Call(request, in, tensors, context));
  }

  private Reply error(JsonElement id, ErrorCode code, String message) {
    JsonObject error = new JsonObject();
    error.addProperty("code", code.id());
    error.addProperty("message", message);
    JsonObject reply = new JsonObject();
    reply.add("id", id);
    reply.add("error", error);
    mark(reply);
    return new Reply(reply.toString(), Reply.Kind.ERROR);
  }

  private void mark(JsonObject reply) {
    context.quirk().ifPresent(quirk -> reply.addProperty("quirk", quirk.name()));
  }

  private static Reply.Kind kind(JsonObject result) {
    boolean fails =
        result.has("verdict")
            && result
                .getAsJsonObject("verdict")
                .get("verdict")
                .getAsString()
                .equals(Report.Outcome.FAIL.text());
    return fails ? Reply.Kind.FAIL : Reply.Kind.GOOD;
  }

  private Reply validated(Object line, Request request, Reply reply) {
    if (check == null) {
      return reply;
    }
    Map<?, ?> parsed = (Map<?, ?>) StrictJson.parse(reply.json(), "reply");
    Optional<String> problem =
        check
            .problem(line, "request")
            .map(what -> "the request, which was accepted, does not fit the schema: " + what)
            .or(() -> check.problem(parsed, "reply"))
            .or(() -> check.problem(parsed.get("result"), "result." + request.op()));
    return problem
        .map(what -> error(Request.id(line), ErrorCode.INTERNAL_ERROR, what))
        .orElse(reply);
  }
}
