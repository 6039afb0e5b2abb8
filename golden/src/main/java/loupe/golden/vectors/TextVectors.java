package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.golden.quirk.GoldenTexts;
import loupe.golden.quirk.Quirk;
import loupe.reference.DType;
import loupe.reference.Tensor;

/** Vectors of the tokenizer, the chat format and sampling. */
final class TextVectors {
  /** Probabilities of a float32 program are within this; not proven. */
  private static final double PROBABILITY_RADIUS = 1e-6;

  private final Asker asker;

  TextVectors(Asker asker) {
    this.asker = asker;
  }

  VectorFile tokenizer() {
    VectorFile file =
        new VectorFile("Texts to ids and back, by the embedded model's tokenizer.")
            .note("encode", "ids of a text; <bos> in a text is text")
            .note("decode", "text of ids; what is no UTF-8 is U+FFFD");
    for (JsonObject vector : texts("")) {
      JsonObject request = vector.getAsJsonObject("request");
      String flag = request.get("op").getAsString().equals("tokenize") ? "encode" : "decode";
      file.add("golden text", List.of(flag), request, vector.getAsJsonObject("result"));
    }
    return file;
  }

  VectorFile chat() {
    VectorFile file =
        new VectorFile("The chat template of the instruction-tuned models.")
            .note("turns", "user and model alternate; <bos> is left to the tokenizer");
    for (JsonObject vector : chats("")) {
      file.add(
          "golden conversation",
          List.of("turns"),
          vector.getAsJsonObject("request"),
          vector.getAsJsonObject("result"));
    }
    return file;
  }

  VectorFile sampling() {
    VectorFile file =
        new VectorFile("What the next token is drawn from: temperature, then top-k, then top-p.")
            .note("ordinary", "no two logits are alike")
            .note("ties", "equal logits: the lowest id comes first");
    float[] plain = Args.values(DType.F32, "logits", 8, 12);
    float[] ties = {1, 3, 3, 2, 3, 1, -2, 2, 3, 0};
    add(file, "plain", "ordinary", plain, new Args());
    add(file, "cold", "ordinary", plain, new Args().number("temperature", 0.25));
    add(file, "top-k", "ordinary", plain, new Args().number("top_k", 4));
    add(file, "top-p", "ordinary", plain, new Args().number("top_p", 0.75));
    Args all = new Args().number("temperature", 2).number("top_k", 6).number("top_p", 0.5);
    add(file, "all", "ordinary", plain, all);
    add(file, "ties-top-k", "ties", ties, new Args().number("top_k", 3));
    add(file, "ties-top-p", "ties", ties, new Args().number("top_p", 0.5));
    return file;
  }

  private void add(VectorFile file, String id, String flag, float[] logits, Args args) {
    JsonObject json = args.floats("logits", logits, logits.length).json();
    JsonObject request = Asker.request(id, "sampling_distribution", null, json);
    JsonObject result = asker.result(request);
    Tensor p = TensorsOfJson.tensor(result.getAsJsonObject("probabilities"));
    result.add("probabilities", Asker.bounded(p.toDoubles(), PROBABILITY_RADIUS, p.shape()));
    file.add("filters in this order", List.of(flag), request, result);
  }

  /** Golden texts that could show a bug. */
  List<JsonObject> candidates(Quirk quirk) {
    List<JsonObject> all =
        quirk.part() == Quirk.Part.CHAT ? chats(quirk.name()) : texts(quirk.name());
    JsonArray flags = new JsonArray();
    flags.add(quirk.name());
    for (JsonObject vector : all) {
      vector.add("id", vector.getAsJsonObject("request").get("id"));
      vector.addProperty("comment", "golden text");
      vector.add("flags", flags);
    }
    return all;
  }

  private List<JsonObject> texts(String id) {
    List<JsonObject> vectors = new ArrayList<>();
    for (GoldenTexts.Text text : GoldenTexts.texts()) {
      JsonObject args = new JsonObject();
      args.addProperty("text", text.text());
      args.addProperty("add_bos", false);
      String name = id.isEmpty() ? "encode-" + vectors.size() : id;
      vectors.add(vector(Asker.request(name, "tokenize", null, args), text.ids(), null));
    }
    for (GoldenTexts.Text text : GoldenTexts.decodes()) {
      JsonObject args = new JsonObject();
      args.add("ids", Asker.ids(text.ids()));
      String name = id.isEmpty() ? "decode-" + vectors.size() : id;
      vectors.add(vector(Asker.request(name, "detokenize", null, args), null, text.text()));
    }
    return vectors;
  }

  private List<JsonObject> chats(String id) {
    List<JsonObject> vectors = new ArrayList<>();
    for (GoldenTexts.Chat chat : GoldenTexts.chats()) {
      JsonObject args = new JsonObject();
      JsonArray messages = new JsonArray();
      chat.messages().forEach(message -> messages.add(message.content()));
      args.add("messages", messages);
      String name = id.isEmpty() ? "chat-" + vectors.size() : id;
      vectors.add(vector(Asker.request(name, "chat_prompt", null, args), null, chat.prompt()));
    }
    return vectors;
  }

  /** A request with its answer, which must be that of the golden text. */
  private JsonObject vector(JsonObject request, int[] ids, String text) {
    JsonObject result = asker.result(request);
    boolean same =
        ids == null
            ? text.equals(result.get("text").getAsString())
            : Arrays.equals(ids, TensorsOfJson.ints(result.getAsJsonArray("ids")));
    if (!same) {
      throw new IllegalStateException(request + " gives " + result);
    }
    JsonObject vector = new JsonObject();
    vector.add("request", request);
    vector.add("result", result);
    return vector;
  }
}
