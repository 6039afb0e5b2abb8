package loupe.golden.facts;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Generator;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sampler;
import loupe.gemma2.Sampling;
import loupe.loaders.Tokenizer;
import loupe.reference.Hook;
import loupe.reference.Tensor;

/** The token ids of a fact's prompt. */
final class Prompts {
  /** Tokens of a long prompt that go through the model at a time. */
  private static final int CHUNK = 256;

  private static final Pattern REPEATED =
      Pattern.compile("\"(.*)\" repeated (\\d+) times followed by \"(.*)\"");
  private static final Pattern CONTINUED = Pattern.compile("(\\d+)-token continuation of \"(.*)\"");

  private Prompts() {}

  /**
   * The ids, with {@code <bos>} where the fact has it. Where the fact gives ids or pieces too, the
   * tokenizer's must be those.
   */
  static int[] ids(Fact fact, Verification v, Findings findings) {
    int[] ids = fact.tokenIds() == null ? encoded(fact, v) : fact.tokenIds();
    if (fact.tokenIds() != null
        && v.subject().tokenizer().isPresent()
        && fact.prompt().isPresent()) {
      findings.equal("token_ids", list(ids), list(encoded(fact, v)));
    }
    if (fact.expected().has("tokens") && v.subject().tokenizer().isPresent()) {
      List<String> tokens = fact.expected().strings("tokens");
      for (int i = 0; i < ids.length; i++) {
        String token = i < tokens.size() ? tokens.get(i) : "nothing";
        findings.equal("token " + i, token, TopTokens.text(v.tokenizer(), ids[i]));
      }
    }
    return ids;
  }

  private static int[] encoded(Fact fact, Verification v) {
    String prompt = fact.requirePrompt();
    Matcher repeated = REPEATED.matcher(prompt);
    if (repeated.matches()) {
      String text =
          repeated.group(1).repeat(Integer.parseInt(repeated.group(2))) + repeated.group(3);
      return encode(v, text, fact.addBos());
    }
    Matcher continued = CONTINUED.matcher(prompt);
    if (continued.matches()) {
      int[] start = encode(v, continued.group(2), fact.addBos());
      int count = Integer.parseInt(continued.group(1));
      int[] more = greedy(v.model(fact), start, count - start.length, Set.of(), Hook.NONE);
      int[] all = java.util.Arrays.copyOf(start, start.length + more.length);
      System.arraycopy(more, 0, all, start.length, more.length);
      return all;
    }
    return encode(v, prompt, fact.addBos());
  }

  static int[] encode(Verification v, String text, boolean bos) {
    return v.tokenizer().encode(text, bos, Tokenizer.Specials.TEXT);
  }

  /** The ids that a prompt is continued by, the most probable one each time. */
  static int[] greedy(Gemma2 model, int[] ids, int count, Set<Integer> stop, Hook hook) {
    if (count <= 0) {
      return new int[0];
    }
    Generator generator = new Generator(model, hook == Hook.NONE ? CHUNK : ids.length);
    KvCache cache = model.newCache();
    Tensor logits = generator.prefill(ids, cache, hook);
    Sampler sampler = new Sampler(Sampling.GREEDY);
    return generator.generate(logits, cache, sampler, count, stop, hook, id -> {});
  }

  static List<Integer> list(int[] ids) {
    return java.util.Arrays.stream(ids).boxed().toList();
  }
}
