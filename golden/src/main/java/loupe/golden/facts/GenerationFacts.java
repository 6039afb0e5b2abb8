package loupe.golden.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.ChatFormat;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.loaders.Tokenizer;
import loupe.reference.Hook;

/** Facts about what a model writes. */
final class GenerationFacts {
  private static final int DEFAULT_TOKENS = 64;

  private GenerationFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("generate.greedy", GenerationFacts::greedy);
    kinds.put("generate.contains", GenerationFacts::contains);
  }

  private static void greedy(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    JsonObject e = fact.expected();
    String continuation = e.string("continuation") + e.optionalString("next_top1").orElse("");
    int most =
        e.optionalInteger("max_new_tokens")
            .orElse(Prompts.encode(v, continuation, false).length + 2);
    int[] more = Prompts.greedy(model, ids, most, v.subject().eosIds(), Hook.NONE);
    String text = v.tokenizer().decode(more);
    if (e.has("n_generated")) {
      findings.equal("number of tokens", e.integer("n_generated"), more.length);
    }
    compare(continuation, text, e.has("max_new_tokens"), findings);
  }

  /**
   * The published text must be what the model writes, or its beginning. Where it ends within a word
   * that tokens cut otherwise, the rest of the last token does not count.
   */
  static void compare(String published, String text, boolean whole, Findings findings) {
    String same = text.substring(0, Math.min(text.length(), published.length()));
    findings.equal("continuation", published, whole ? text : same);
  }

  private static void contains(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    JsonObject e = fact.expected();
    if (e.number("temperature") != 0) {
      throw e.failure("temperature", "must be 0: nothing else is reproducible");
    }
    int most = e.optionalInteger("max_tokens").orElse(DEFAULT_TOKENS);
    String prompt = fact.requirePrompt();
    List<ChatFormat.Message> turns = new ArrayList<>();
    String answer = "";
    List<String> questions =
        prompt.startsWith("turn 1: ")
            ? List.of(prompt.replaceFirst("turn 1: ", "").split(" / turn \\d+: "))
            : List.of(prompt);
    for (String question : questions) {
      turns.add(new ChatFormat.Message("user", question));
      int[] ids = v.tokenizer().encode(ChatFormat.prompt(turns), true, Tokenizer.Specials.TEXT);
      Set<Integer> stop = v.subject().eosIds();
      answer = v.tokenizer().decode(Prompts.greedy(model, ids, most, stop, Hook.NONE));
      String reply = answer.replace("<end_of_turn>", "");
      turns.add(new ChatFormat.Message("model", reply));
    }
    List<String> wanted =
        e.has("answer_contains")
            ? List.of(e.string("answer_contains"))
            : e.strings("second_answer_contains_any");
    String last = answer;
    findings.holds(
        "answer",
        wanted.stream().anyMatch(last::contains),
        "\"%s\" does not contain %s".formatted(last.replace("\n", "\\n"), wanted));
  }
}
