package loupe.loaders;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import loupe.loaders.Tokenizer.Specials;

/**
 * Compares tokenizers with what the SentencePiece and tokenizers libraries gave, as {@code
 * src/test/python/tokenizer_goldens.py} wrote it down.
 */
final class TokenizerGoldens {
  private final List<String> mismatches = new ArrayList<>();
  private int encoded;
  private int decoded;
  private int files;

  /** The number of texts, each with its ids in one form and one way of parsing. */
  int encoded() {
    return encoded;
  }

  /** The number of lists of ids, each decoded at once and one by one in one form. */
  int decoded() {
    return decoded;
  }

  /** The number of small vocabularies. */
  int files() {
    return files;
  }

  /** One line for each difference. */
  List<String> mismatches() {
    return mismatches;
  }

  /** Compares all texts and lists of ids of a file; either tokenizer may be null. */
  void compareTexts(InputStream goldens, Tokenizer model, Tokenizer json) throws IOException {
    compareTexts(goldens, Map.of(), model, json);
  }

  /** As above, where some texts have other lines than in the file. */
  void compareTexts(
      InputStream goldens, Map<String, JsonObject> changes, Tokenizer model, Tokenizer json)
      throws IOException {
    for (JsonObject line : lines(goldens)) {
      if (line.has("text")) {
        compareText(changes.getOrDefault(line.get("text").getAsString(), line), model, json);
      } else if (line.has("ids")) {
        int[] ids = ids(line.getAsJsonArray("ids"));
        compareDecoding(model, ids, line.get("model_text").getAsString());
        compareDecoding(json, ids, line.get("json_text").getAsString());
      } else {
        requirePieces(model, line.get("model_pieces").getAsString());
        requirePieces(json, line.get("json_pieces").getAsString());
      }
    }
  }

  /**
   * Lines by their texts where the {@code tokenizer.json} of these bytes gives other ids than the
   * one that the goldens were made from; none for that one.
   */
  static Map<String, JsonObject> changesFor(byte[] json, String published, InputStream changes)
      throws IOException {
    String digest = HexFormat.of().formatHex(sha256().digest(json));
    List<JsonObject> lines = lines(changes);
    String other = lines.get(0).get("json_file").getAsString();
    if (digest.equals(published)) {
      return Map.of();
    }
    if (!digest.equals(other)) {
      throw new AssertionError(
          "SHA-256 of tokenizer.json is %s; ids are known for %s and %s"
              .formatted(digest, published, other));
    }
    return lines.stream()
        .skip(1)
        .collect(Collectors.toMap(line -> line.get("text").getAsString(), line -> line));
  }

  private static void requirePieces(Tokenizer tokenizer, String expected) {
    if (tokenizer == null) {
      return;
    }
    StringBuilder pieces = new StringBuilder();
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      pieces.append(tokenizer.piece(id)).append('\0');
    }
    byte[] utf8 = pieces.toString().getBytes(StandardCharsets.UTF_8);
    String digest = HexFormat.of().formatHex(sha256().digest(utf8));
    if (!digest.equals(expected)) {
      throw new AssertionError(tokenizer.origin() + ": another vocabulary, or read wrongly");
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void compareText(JsonObject line, Tokenizer model, Tokenizer json) {
    String text = line.get("text").getAsString();
    JsonElement ids = line.get("model");
    compareEncoding(model, text, Specials.TEXT, ids);
    ids = line.has("model_parse") ? line.get("model_parse") : ids;
    compareEncoding(model, text, Specials.PARSE, ids);
    ids = line.has("json") ? line.get("json") : ids;
    compareEncoding(json, text, Specials.TEXT, ids);
    ids = line.has("json_parse") ? line.get("json_parse") : ids;
    compareEncoding(json, text, Specials.PARSE, ids);
  }

  /** Compares all small vocabularies of a file. */
  void compareVariants(InputStream goldens) throws IOException {
    for (JsonObject line : lines(goldens)) {
      if (line.has("file")) {
        String file = line.get("file").getAsString();
        boolean model = line.get("form").getAsString().equals("model");
        byte[] bytes =
            model ? Base64.getDecoder().decode(file) : file.getBytes(StandardCharsets.UTF_8);
        String name = "variant " + files + (model ? ".model" : ".json");
        Tokenizer tokenizer = TokenizerFile.open(name, bytes);
        files++;
        for (JsonElement element : line.getAsJsonArray("cases")) {
          JsonObject example = element.getAsJsonObject();
          String text = example.get("text").getAsString();
          JsonElement ids = example.get("ids");
          compareEncoding(tokenizer, text, Specials.TEXT, ids);
          ids = example.has("parse") ? example.get("parse") : ids;
          compareEncoding(tokenizer, text, Specials.PARSE, ids);
        }
      }
    }
  }

  private void compareEncoding(
      Tokenizer tokenizer, String text, Specials specials, JsonElement expected) {
    if (tokenizer == null) {
      return;
    }
    encoded++;
    int[] ids = tokenizer.encode(text, false, specials);
    if (!Arrays.equals(ids, ids(expected.getAsJsonArray()))) {
      mismatches.add(
          "%s, %s, %s: %s, should be %s"
              .formatted(
                  tokenizer.origin(),
                  specials,
                  Printable.quote(text),
                  Arrays.toString(ids),
                  expected));
    }
  }

  private void compareDecoding(Tokenizer tokenizer, int[] ids, String expected) {
    if (tokenizer == null) {
      return;
    }
    decoded++;
    TextDecoder decoder = tokenizer.decoder();
    StringBuilder streamed = new StringBuilder();
    for (int id : ids) {
      streamed.append(decoder.accept(id));
    }
    streamed.append(decoder.finish());
    String whole = tokenizer.decode(ids);
    if (!whole.equals(expected) || !streamed.toString().equals(expected)) {
      mismatches.add(
          "%s, %s: %s, should be %s"
              .formatted(
                  tokenizer.origin(),
                  Arrays.toString(ids),
                  Printable.quote(whole),
                  Printable.quote(expected)));
    }
  }

  private static List<JsonObject> lines(InputStream packed) throws IOException {
    List<JsonObject> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(JsonParser.parseString(line).getAsJsonObject());
      }
    }
    return lines;
  }

  private static int[] ids(JsonArray array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).getAsInt();
    }
    return ids;
  }
}
