package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import loupe.gemma2.ChatFormat;
import loupe.gemma2.Sampler;
import loupe.gemma2.Sampling;
import loupe.loaders.Tokenizer;
import loupe.reference.DoubleTensor;

/** Around the model: the tokenizer, the form of a conversation, what sampling draws from. */
final class TextOperations {
  private static final Parameter MODEL =
      Parameter.of(Parameter.Kind.TEXT, "model", "whose tokenizer; tiny if left out").optional();

  static final List<Operation> OPERATIONS =
      List.of(
          Operation.inquiry(
              "tokenize",
              "The ids of a text, exactly as the library of the tokenizer's file gives them.",
              List.of(
                  Parameter.of(Parameter.Kind.TEXT, "text", "any text"),
                  MODEL,
                  Parameter.of(
                          Parameter.Kind.BOOL,
                          "add_bos",
                          "whether <bos> comes first; true if left out")
                      .optional(),
                  Parameter.of(
                          Parameter.Kind.BOOL,
                          "parse_specials",
                          "whether <bos> in the text is the token; false if left out")
                      .optional()),
              List.of(
                  Result.of(Result.Kind.IDS, "ids", "token ids"),
                  Result.of(Result.Kind.TEXTS, "pieces", "the vocabulary's own strings of them")),
              TextOperations::tokenize),
          Operation.inquiry(
              "detokenize",
              "The text of some ids; control pieces are nothing, bytes that are no UTF-8 are U+FFFD.",
              List.of(Parameter.ids("ids", "token ids", "pos"), MODEL),
              List.of(Result.of(Result.Kind.TEXT, "text", "the text")),
              TextOperations::detokenize),
          Operation.inquiry(
              "chat_prompt",
              "The chat template: turns alternate, beginning with the user.",
              List.of(
                  Parameter.of(
                      Parameter.Kind.TEXTS,
                      "messages",
                      "contents, of user, model, user and so on")),
              List.of(Result.of(Result.Kind.TEXT, "text", "the prompt for a reply, without <bos>")),
              TextOperations::chatPrompt),
          Operation.inquiry(
              "sampling_distribution",
              "What the next token is drawn from: temperature, then top-k, then top-p.",
              List.of(
                  Parameter.activation("logits", "capped logits of one position", "d_vocab"),
                  Parameter.above(0, "temperature", "logits are divided by it; 1 if left out")
                      .optional(),
                  Parameter.atLeast(0, "top_k", "so many most probable stay; 0 or left out for all")
                      .optional(),
                  Parameter.above(
                          0, "top_p", "the fewest that reach it stay; 1 or left out for all")
                      .within(0, true, 1)
                      .optional()),
              List.of(
                  Result.of(Result.Kind.IDS, "ids", "most probable first, ties by lowest id"),
                  Result.tensor("probabilities", "of these ids; they sum up to 1", "kept")),
              TextOperations::distribution));

  private TextOperations() {}

  private static Tokenizer tokenizer(Operation.Call call) {
    String name = call.in().text("model", "tiny");
    return call.context()
        .models()
        .of(name)
        .parts()
        .tokenizer()
        .map(right -> call.context().quirk().map(q -> q.applyTo(right)).orElse(right))
        .orElseThrow(
            () ->
                new RefusedException(
                    ErrorCode.UNAVAILABLE, "args.model: " + name + " has no tokenizer"));
  }

  private static JsonObject tokenize(Operation.Call call) {
    Tokenizer tokenizer = tokenizer(call);
    int[] ids =
        tokenizer.encode(
            call.in().text("text", ""),
            call.in().bool("add_bos", true),
            call.in().bool("parse_specials", false)
                ? Tokenizer.Specials.PARSE
                : Tokenizer.Specials.TEXT);
    JsonObject result = new JsonObject();
    JsonArray pieces = new JsonArray();
    for (int id : ids) {
      pieces.add(tokenizer.piece(id));
    }
    result.add("ids", array(ids));
    result.add("pieces", pieces);
    return result;
  }

  private static JsonArray array(int[] ids) {
    JsonArray array = new JsonArray();
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }

  private static JsonObject detokenize(Operation.Call call) {
    JsonObject result = new JsonObject();
    result.addProperty("text", tokenizer(call).decode(call.in().ids("ids")));
    return result;
  }

  private static JsonObject chatPrompt(Operation.Call call) {
    List<String> contents = call.in().texts("messages", List.of());
    List<ChatFormat.Message> messages = new java.util.ArrayList<>();
    for (String content : contents) {
      messages.add(new ChatFormat.Message(messages.size() % 2 == 0 ? "user" : "model", content));
    }
    JsonObject result = new JsonObject();
    result.addProperty(
        "text",
        call.context()
            .quirk()
            .map(q -> q.chatPrompt(messages))
            .orElseGet(() -> ChatFormat.prompt(messages)));
    return result;
  }

  private static JsonObject distribution(Operation.Call call) {
    Arguments in = call.in();
    Sampling sampling =
        new Sampling(in.number("temperature", 1), in.integer("top_k", 0), in.number("top_p", 1), 0);
    Sampler.Distribution drawn =
        new Sampler(sampling).distribution(in.float64("logits").reshape(1, in.axis("d_vocab")), 0);
    JsonObject result = new JsonObject();
    result.add("ids", array(drawn.ids()));
    double[] p = drawn.probabilities();
    result.add("probabilities", TensorJson.write(new DoubleTensor(p, p.length)));
    return result;
  }
}
