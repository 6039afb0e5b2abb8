package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loupe.loaders.HuggingFaceBpe.AddedTokens;
import loupe.loaders.TextPreparation.Behavior;
import loupe.loaders.TextPreparation.Split;
import loupe.loaders.TextPreparation.Step;
import loupe.reference.MalformedFileException;

/**
 * Reads a {@code tokenizer.json} (tokenizer/serialization.rs of tokenizers 0.23) with the parts
 * that Gemma's files have. A part of another kind is refused by its name; nothing that changes ids
 * or text is passed over.
 */
final class TokenizerJsonReader {
  /** What {@link TextDecoder} does. */
  private static final Object DECODER =
      StrictJson.parse(
          """
          {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]}
          """,
          "the decoder");

  private static final Object TEXT =
      StrictJson.parse("{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}", "the text");

  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private static final String BOS = "<bos>";

  private final String file;
  private final JsonStream json;

  /** Everything but the model, which is not held as a whole. */
  private final Map<String, Object> parts = new java.util.HashMap<>();

  private BpeModelReader model;

  private TokenizerJsonReader(String file, JsonStream json) {
    this.file = file;
    this.json = json;
  }

  /** The tokenizer of the given text (UTF-8) of a file of this name. */
  static HuggingFaceBpe read(String file, InputStream text) {
    JsonStream json = new JsonStream(text, file);
    TokenizerJsonReader reader = new TokenizerJsonReader(file, json);
    json.document(reader::readParts);
    return reader.build();
  }

  private Void readParts() throws IOException {
    json.object(
        name -> {
          if (name.equals("model")) {
            model = new BpeModelReader(file, json);
            model.read();
          } else {
            parts.put(name, json.value());
          }
        });
    return null;
  }

  private HuggingFaceBpe build() {
    JsonObject document = JsonObject.of(file, parts);
    document.allowOnly(
        "version",
        "truncation",
        "padding",
        "added_tokens",
        "normalizer",
        "pre_tokenizer",
        "post_processor",
        "decoder");
    if (model == null) {
      throw document.failure("there is no model; is this a tokenizer.json?");
    }
    String version = document.string("version");
    if (!version.equals("1.0")) {
      throw document.failure(
          "version", Printable.quote(version) + " is not known; only \"1.0\" is");
    }
    for (String setting : List.of("truncation", "padding")) {
      if (document.has(setting)) {
        throw document.failure(setting, "is set, and is not implemented; set it to null");
      }
    }
    if (!DECODER.equals(parts.get("decoder"))) {
      throw document.failure(
          "decoder", "only the sequence Replace (▁ by a space), ByteFallback, Fuse is implemented");
    }
    List<Step> steps = new ArrayList<>();
    document.optionalObject("normalizer").ifPresent(normalizer -> addSteps(normalizer, steps));
    TextPreparation preparation =
        new TextPreparation(
            steps,
            document.optionalObject("pre_tokenizer").map(TokenizerJsonReader::split).orElse(null));
    List<JsonObject> tokens = document.objects("added_tokens");
    Vocabulary vocabulary = new Vocabulary(file, withAdded(model.pieces(), tokens));
    return new HuggingFaceBpe(
        vocabulary,
        model.build(vocabulary),
        addedTokens(vocabulary, tokens, preparation),
        preparation,
        document
            .optionalObject("post_processor")
            .map(template -> bosId(vocabulary, template))
            .orElseGet(() -> vocabulary.id(BOS)));
  }

  private static void addSteps(JsonObject normalizer, List<Step> steps) {
    switch (normalizer.string("type")) {
      case "Sequence" -> {
        normalizer.allowOnly("type", "normalizers");
        normalizer.objects("normalizers").forEach(step -> addSteps(step, steps));
      }
      case "Replace" -> {
        normalizer.allowOnly("type", "pattern", "content");
        steps.add(
            new TextPreparation.Replace(stringPattern(normalizer), normalizer.string("content")));
      }
      case "Prepend" -> {
        normalizer.allowOnly("type", "prepend");
        steps.add(new TextPreparation.Prepend(normalizer.string("prepend")));
      }
      default -> throw notImplemented(normalizer);
    }
  }

  private static Split split(JsonObject preTokenizer) {
    if (!preTokenizer.string("type").equals("Split")) {
      throw notImplemented(preTokenizer);
    }
    preTokenizer.allowOnly("type", "pattern", "behavior", "invert");
    refuseIfSet(preTokenizer, "invert");
    return new Split(
        stringPattern(preTokenizer),
        switch (preTokenizer.string("behavior")) {
          case "Removed" -> Behavior.REMOVED;
          case "Isolated" -> Behavior.ISOLATED;
          case "MergedWithPrevious" -> Behavior.MERGED_WITH_PREVIOUS;
          case "MergedWithNext" -> Behavior.MERGED_WITH_NEXT;
          case "Contiguous" -> Behavior.CONTIGUOUS;
          default -> throw preTokenizer.failure("behavior", "is not known");
        });
  }

  private static String stringPattern(JsonObject owner) {
    JsonObject pattern = owner.object("pattern");
    pattern.allowOnly("String");
    String text = pattern.string("String");
    if (text.isEmpty()) {
      throw pattern.failure("String", "is empty");
    }
    return text;
  }

  private static MalformedFileException notImplemented(JsonObject part) {
    return part.failure("type", Printable.quote(part.string("type")) + " is not implemented");
  }

  private static void refuseIfSet(JsonObject part, String flag) {
    if (part.bool(flag)) {
      throw part.failure(flag, "is set, and is not implemented");
    }
  }

  /** The pieces, and after them the added tokens that are none of them. */
  private static String[] withAdded(String[] pieces, List<JsonObject> tokens) {
    int next = pieces.length;
    String[] all = Arrays.copyOf(pieces, pieces.length + tokens.size());
    for (JsonObject token : tokens) {
      int id = token.integer("id");
      String content = token.string("content");
      if (id >= pieces.length) {
        if (id != next) {
          throw token.failure("id", "is " + id + ", but the next free one is " + next);
        }
        all[next++] = content;
      } else if (id < 0 || !content.equals(pieces[id])) {
        throw token.failure(
            "id",
            "is %d, but %s has another in the vocabulary".formatted(id, Printable.quote(content)));
      }
    }
    return Arrays.copyOf(all, next);
  }

  private static AddedTokens addedTokens(
      Vocabulary vocabulary, List<JsonObject> tokens, TextPreparation preparation) {
    AddedTokens added = new AddedTokens(new PieceMatcher(NO_LIMIT), new PieceMatcher(NO_LIMIT));
    for (JsonObject token : tokens) {
      token.allowOnly("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
      for (String flag : List.of("single_word", "lstrip", "rstrip")) {
        refuseIfSet(token, flag);
      }
      // Whether a token is special matters only to decoders that leave special tokens out.
      token.bool("special");
      int id = token.integer("id");
      String content = vocabulary.piece(id);
      boolean control = HuggingFaceBpe.CONTROL_PIECES.contains(content);
      boolean normalised = token.bool("normalized");
      String text = normalised ? preparation.normalise(content) : content;
      PieceMatcher matcher = normalised ? added.normalised() : added.written();
      if (text.isEmpty() || !matcher.add(text, id, control)) {
        throw token.failure("content", Printable.quote(content) + " is there twice, or is empty");
      }
    }
    return added;
  }

  /** The id that the template puts before a text, else that of {@code <bos>}, else -1. */
  private static int bosId(Vocabulary vocabulary, JsonObject postProcessor) {
    if (!postProcessor.string("type").equals("TemplateProcessing")) {
      throw notImplemented(postProcessor);
    }
    List<JsonObject> template = postProcessor.objects("single");
    if (template.isEmpty()
        || template.size() > 2
        || !template.get(template.size() - 1).fields().equals(TEXT)) {
      throw postProcessor.failure(
          "single", "only a template of one token and then the text is implemented");
    }
    if (template.size() == 1) {
      return vocabulary.id(BOS);
    }
    String token = template.get(0).object("SpecialToken").string("id");
    JsonObject special = postProcessor.object("special_tokens").object(token);
    long[] ids = special.longs("ids");
    if (ids.length != 1 || ids[0] < 0 || ids[0] >= vocabulary.size()) {
      throw special.failure("ids", "there must be one id, and it must be in the vocabulary");
    }
    return (int) ids[0];
  }
}
