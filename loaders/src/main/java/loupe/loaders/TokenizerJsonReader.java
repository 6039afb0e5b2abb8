package loupe.loaders;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private static final JsonElement DECODER =
      JsonParser.parseString(
          """
          {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]}
          """);

  private static final JsonElement TEXT =
      JsonParser.parseString("{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}");

  private static final Set<String> ADDED_TOKEN =
      Set.of("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");

  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private static final String BOS = "<bos>";

  private final String file;
  private final JsonStream json;
  private final Map<String, JsonElement> parts = new HashMap<>();
  private BpeModelReader model;

  private TokenizerJsonReader(String file, Reader text) {
    this.file = file;
    this.json = new JsonStream(file, text);
  }

  /** The tokenizer of the given text of a file of this name. */
  static HuggingFaceBpe read(String file, Reader text) {
    TokenizerJsonReader reader = new TokenizerJsonReader(file, text);
    reader.json.document(reader::readDocument);
    return reader.build();
  }

  private void readDocument() throws IOException {
    json.object(
        name -> {
          switch (name) {
            case "version",
                "truncation",
                "padding",
                "added_tokens",
                "normalizer",
                "pre_tokenizer",
                "post_processor",
                "decoder" ->
                parts.put(name, json.tree());
            case "model" -> {
              model = new BpeModelReader(file, json);
              model.read();
            }
            default -> throw json.malformed("this part is not known");
          }
        });
  }

  private HuggingFaceBpe build() {
    if (model == null) {
      throw new MalformedFileException(file, "", "there is no model; is this a tokenizer.json?");
    }
    String version = part("version").text();
    if (!version.equals("1.0")) {
      throw part("version").malformed(Vocabulary.quote(version) + " is not known; only 1.0 is");
    }
    refuseUnlessNull(part("truncation"));
    refuseUnlessNull(part("padding"));
    if (!DECODER.equals(part("decoder").json())) {
      throw part("decoder")
          .malformed(
              "only the sequence Replace (▁ by a space), ByteFallback, Fuse is implemented, not "
                  + Vocabulary.escape(part("decoder").json().toString(), 200));
    }
    TextPreparation preparation =
        new TextPreparation(steps(part("normalizer")), split(part("pre_tokenizer")));
    List<JsonPart> tokens = part("added_tokens").elements();
    Vocabulary vocabulary = new Vocabulary(file, withAdded(model.pieces(), tokens));
    return new HuggingFaceBpe(
        vocabulary,
        model.build(vocabulary),
        addedTokens(vocabulary, tokens, preparation),
        preparation,
        bosId(vocabulary, part("post_processor")));
  }

  private JsonPart part(String name) {
    return new JsonPart(file, name, parts.getOrDefault(name, JsonNull.INSTANCE));
  }

  private static void refuseUnlessNull(JsonPart part) {
    if (!part.isNull()) {
      throw part.malformed("it is set, and is not implemented; set it to null");
    }
  }

  private static List<Step> steps(JsonPart normalizer) {
    if (normalizer.isNull()) {
      return List.of();
    }
    String type = normalizer.member("type").text();
    switch (type) {
      case "Sequence" -> {
        normalizer.allowOnly(Set.of("type", "normalizers"));
        List<Step> steps = new ArrayList<>();
        for (JsonPart step : normalizer.member("normalizers").elements()) {
          steps.addAll(steps(step));
        }
        return steps;
      }
      case "Replace" -> {
        normalizer.allowOnly(Set.of("type", "pattern", "content"));
        String pattern = stringPattern(normalizer.member("pattern"));
        return List.of(new TextPreparation.Replace(pattern, normalizer.member("content").text()));
      }
      case "Prepend" -> {
        normalizer.allowOnly(Set.of("type", "prepend"));
        return List.of(new TextPreparation.Prepend(normalizer.member("prepend").text()));
      }
      default -> throw notImplemented(normalizer, type);
    }
  }

  private static Split split(JsonPart preTokenizer) {
    if (preTokenizer.isNull()) {
      return null;
    }
    String type = preTokenizer.member("type").text();
    if (!type.equals("Split")) {
      throw notImplemented(preTokenizer, type);
    }
    preTokenizer.allowOnly(Set.of("type", "pattern", "behavior", "invert"));
    if (preTokenizer.member("invert").bool()) {
      throw preTokenizer.malformed("invert is set, and is not implemented");
    }
    JsonPart behavior = preTokenizer.member("behavior");
    return new Split(
        stringPattern(preTokenizer.member("pattern")),
        switch (behavior.text()) {
          case "Removed" -> Behavior.REMOVED;
          case "Isolated" -> Behavior.ISOLATED;
          case "MergedWithPrevious" -> Behavior.MERGED_WITH_PREVIOUS;
          case "MergedWithNext" -> Behavior.MERGED_WITH_NEXT;
          case "Contiguous" -> Behavior.CONTIGUOUS;
          default -> throw behavior.malformed("the behavior is not known");
        });
  }

  private static String stringPattern(JsonPart pattern) {
    pattern.allowOnly(Set.of("String"));
    String text = pattern.member("String").text();
    if (text.isEmpty()) {
      throw pattern.malformed("the pattern is empty");
    }
    return text;
  }

  private static MalformedFileException notImplemented(JsonPart part, String type) {
    return part.malformed("the type " + Vocabulary.quote(type) + " is not implemented");
  }

  /** The pieces, and after them the added tokens that are none of them. */
  private static String[] withAdded(String[] pieces, List<JsonPart> tokens) {
    int next = pieces.length;
    String[] all = Arrays.copyOf(pieces, pieces.length + tokens.size());
    for (JsonPart token : tokens) {
      int id = token.member("id").count();
      String content = token.member("content").text();
      if (id >= pieces.length) {
        if (id != next) {
          throw token.malformed(
              Vocabulary.quote(content) + " has the id " + id + "; the next free one is " + next);
        }
        all[next++] = content;
      } else if (!content.equals(pieces[id])) {
        throw token.malformed(
            "%s has the id %d, which is %s in the vocabulary"
                .formatted(Vocabulary.quote(content), id, Vocabulary.quote(pieces[id])));
      }
    }
    return Arrays.copyOf(all, next);
  }

  private static AddedTokens addedTokens(
      Vocabulary vocabulary, List<JsonPart> tokens, TextPreparation preparation) {
    AddedTokens added = new AddedTokens(new PieceMatcher(NO_LIMIT), new PieceMatcher(NO_LIMIT));
    for (JsonPart token : tokens) {
      token.allowOnly(ADDED_TOKEN);
      for (String flag : List.of("single_word", "lstrip", "rstrip")) {
        if (token.member(flag).bool()) {
          throw token.malformed(flag + " is set, and is not implemented");
        }
      }
      // Whether a token is special matters only to decoders that leave special tokens out.
      token.member("special").bool();
      int id = token.member("id").count();
      String content = vocabulary.piece(id);
      boolean control = HuggingFaceBpe.CONTROL_PIECES.contains(content);
      boolean normalised = token.member("normalized").bool();
      String text = normalised ? preparation.normalise(content) : content;
      PieceMatcher matcher = normalised ? added.normalised() : added.written();
      if (text.isEmpty() || !matcher.add(text, id, control)) {
        throw token.malformed(Vocabulary.quote(content) + " is there twice, or is empty");
      }
    }
    return added;
  }

  /** The id that the template puts before a text, else that of {@code <bos>}, else -1. */
  private static int bosId(Vocabulary vocabulary, JsonPart postProcessor) {
    if (postProcessor.isNull()) {
      return vocabulary.id(BOS);
    }
    String type = postProcessor.member("type").text();
    if (!type.equals("TemplateProcessing")) {
      throw notImplemented(postProcessor, type);
    }
    JsonPart single = postProcessor.member("single");
    List<JsonPart> template = single.elements();
    if (template.isEmpty()
        || template.size() > 2
        || !template.get(template.size() - 1).json().equals(TEXT)) {
      throw single.malformed("only a template of one token and then the text is implemented");
    }
    if (template.size() == 1) {
      return vocabulary.id(BOS);
    }
    String token = template.get(0).member("SpecialToken").member("id").text();
    JsonPart ids = postProcessor.member("special_tokens").member(token).member("ids");
    List<JsonPart> list = ids.elements();
    int id = list.size() == 1 ? list.get(0).count() : -1;
    if (id < 0 || id >= vocabulary.size()) {
      throw ids.malformed("there should be one id, and it should be in the vocabulary");
    }
    return id;
  }
}
