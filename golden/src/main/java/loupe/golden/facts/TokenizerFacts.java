package loupe.golden.facts;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import loupe.gemma2.ChatFormat;
import loupe.loaders.JsonObject;
import loupe.loaders.Tokenizer;

/** Facts about the tokenizer: these need no weights. */
final class TokenizerFacts {
  private static final String SPACE = "\u2581";
  private static final int BYTES = 256;

  private TokenizerFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("tokenizer.encode", TokenizerFacts::encode);
    kinds.put("tokenizer.decode", TokenizerFacts::decode);
    kinds.put("tokenizer.chat_template", TokenizerFacts::chat);
    kinds.put("tokenizer.file", TokenizerFacts::file);
    kinds.put("tokenizer.vocab", TokenizerFacts::vocabulary);
  }

  /** The published ids are those without {@code <bos>}. */
  private static void encode(Fact fact, Verification v, Findings findings) {
    Tokenizer tokenizer = v.tokenizer(fact);
    int[] ids = tokenizer.encode(fact.requirePrompt(), false, Tokenizer.Specials.TEXT);
    List<Integer> published = Prompts.list(required(fact));
    if (published.contains(tokenizer.eosId().orElse(-1))) {
      // A source that reads <eos> in a text as the token.
      ids = tokenizer.encode(fact.requirePrompt(), false, Tokenizer.Specials.PARSE);
    }
    findings.equal("ids", published, Prompts.list(ids));
  }

  /**
   * SentencePiece writes the unknown piece as {@code " \u2047 "}. Here it is a control piece, which
   * is no text, as where the tokenizers library leaves special tokens out.
   */
  private static void decode(Fact fact, Verification v, Findings findings) {
    Tokenizer tokenizer = v.tokenizer(fact);
    int[] ids = required(fact);
    for (int id : ids) {
      if (id >= tokenizer.vocabSize()) {
        findings.holds("id " + id, false, "is not in the vocabulary");
        return;
      }
      if (tokenizer.piece(id).equals("<unk>")) {
        throw new NotApplicable(
            "is about the text that SentencePiece writes for <unk>; Loupe leaves it out, as the"
                + " tokenizers library does with skip_special_tokens");
      }
    }
    findings.equal("text", fact.expected().string("text"), tokenizer.decode(ids));
  }

  private static void chat(Fact fact, Verification v, Findings findings) {
    Tokenizer tokenizer = v.tokenizer(fact);
    List<ChatFormat.Message> turns = new ArrayList<>();
    for (String turn : fact.requirePrompt().split("(?<=.) / (?=(?:user|model): )")) {
      int colon = turn.indexOf(": ");
      turns.add(new ChatFormat.Message(turn.substring(0, colon), turn.substring(colon + 2)));
    }
    String prompt = ChatFormat.prompt(turns);
    findings.equal("rendered", fact.expected().string("rendered"), "<bos>" + prompt);
    int[] ids = tokenizer.encode(prompt, true, Tokenizer.Specials.TEXT);
    findings.equal("ids", Prompts.list(required(fact)), Prompts.list(ids));
  }

  private static void file(Fact fact, Verification v, Findings findings) {
    v.tokenizer(fact);
    byte[] bytes =
        v.subject()
            .tokenizerModel()
            .orElseThrow(() -> new NotApplicable("is about the file tokenizer.model"));
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
      String published = fact.expected().string("tokenizer.model_md5");
      findings.equal("MD5 of tokenizer.model", published, HexFormat.of().formatHex(md5));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void vocabulary(Fact fact, Verification v, Findings findings) {
    Pieces pieces = new Pieces(v.tokenizer(fact), findings);
    JsonObject e = fact.expected();
    for (String key : e.fields().keySet()) {
      switch (key) {
        case "vocab_size" -> findings.equal(key, e.integer(key), pieces.tokenizer.vocabSize());
        case "id_to_piece" ->
            e.object(key).fields().forEach((id, p) -> pieces.is(Integer.parseInt(id), (String) p));
        case "newline_runs" -> pieces.runs(e.object(key), "\n", 1);
        case "space_runs" -> pieces.runs(e.object(key), SPACE, 2);
        case "html_pieces" ->
            e.object(key).fields().forEach((p, id) -> pieces.is(((Long) id).intValue(), p));
        case "byte_pieces" -> {
          int first = e.object(key).integer("<0x00>");
          for (int b = 0; b < BYTES; b++) {
            // A tab is a piece of its own in some forms of the vocabulary.
            pieces.isOneOf(first + b, "<0x%02X>".formatted(b), String.valueOf((char) b));
          }
        }
        case "tab_runs" -> {
          JsonObject runs = e.object(key);
          for (String words : runs.fields().keySet()) {
            String tabs = "\t".repeat(Integer.parseInt(words.split(" ")[0]));
            pieces.isOneOf(runs.integer(words), tabs, "<0x09>");
          }
        }
        case "single_space" -> pieces.is(e.integer(key), SPACE);
        case "sentencepiece" -> {
          boolean dummy =
              pieces.tokenizer.encode("a", false, Tokenizer.Specials.TEXT).length > 0
                  && pieces
                      .tokenizer
                      .decode(pieces.tokenizer.encode("a", false, Tokenizer.Specials.TEXT))
                      .startsWith(" ");
          findings.equal("add_dummy_prefix", e.object(key).bool("add_dummy_prefix"), dummy);
        }
        default -> pieces.is(e.integer(key), "<" + key + ">");
      }
    }
  }

  private static int[] required(Fact fact) {
    if (fact.tokenIds() == null) {
      throw fact.expected().failure("a fact of kind " + fact.kind() + " has token_ids");
    }
    return fact.tokenIds();
  }

  /** Pieces by id, compared with published ones. */
  private record Pieces(Tokenizer tokenizer, Findings findings) {
    void is(int id, String piece) {
      isOneOf(id, piece, piece);
    }

    void isOneOf(int id, String piece, String otherwise) {
      String found = id < tokenizer.vocabSize() ? tokenizer.piece(id) : "none";
      findings.equal("piece " + id, piece, found.equals(otherwise) ? piece : found);
    }

    /** Runs of one character, one longer with each id. */
    void runs(JsonObject e, String character, int firstLength) {
      int first = e.integer("first_id");
      int last = e.optionalInteger("last_id").orElse(first);
      findings.holds("runs of " + character, last >= first, "first_id is beyond last_id");
      for (int id = first; id <= last; id++) {
        is(id, character.repeat(firstLength + id - first));
      }
    }
  }
}
