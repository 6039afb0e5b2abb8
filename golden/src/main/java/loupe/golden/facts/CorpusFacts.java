package loupe.golden.facts;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.loaders.JsonObject;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** Facts about how well a model predicts a text. */
final class CorpusFacts {
  /** Tokens whose logits are in memory at a time. */
  private static final int CHUNK = 64;

  private static final int LOSS_CONTEXT = 128;
  private static final int PERPLEXITY_CONTEXT = 512;

  private CorpusFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("loss.bits_per_byte", CorpusFacts::bitsPerByte);
    kinds.put("loss.corpus", CorpusFacts::corpus);
    kinds.put("perplexity.wikitext", CorpusFacts::perplexity);
  }

  /** gemma.cpp counts the choice of {@code <bos>} among all ids too. */
  private static void bitsPerByte(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    int bytes = fact.requirePrompt().getBytes(StandardCharsets.UTF_8).length;
    findings.equal("utf8_bytes", fact.expected().integer("utf8_bytes"), bytes);
    double nats = StrictMath.log(model.config().dVocab());
    for (double loss : losses(model, ids, Hook.NONE)) {
      nats += loss;
    }
    double value = Distribution.bits(nats) / bytes;
    findings.close("bits per byte", fact.expected().number("value"), value, fact.tolerance());
  }

  /** {@code -log p} of every id but the first, in nats. */
  private static double[] losses(Gemma2 model, int[] ids, Hook hook) {
    double[] losses = new double[ids.length - 1];
    KvCache cache = model.newCache();
    for (int from = 0; from < ids.length; from += CHUNK) {
      int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + CHUNK));
      Tensor logits = model.forward(List.of(new Sequence(part, cache)), hook, Gemma2.LogitRows.ALL);
      for (int r = 0; r < part.length && from + r < losses.length; r++) {
        losses[from + r] = -new Distribution(logits, r).logP(ids[from + r + 1]);
      }
    }
    return losses;
  }

  private static List<String> documents(Fact fact, Verification v) {
    return v.subject()
        .documents(fact.id())
        .orElseThrow(
            () ->
                new NotApplicable(
                    "is about %s: give that text by --text %s=FILE"
                        .formatted(fact.requirePrompt(), fact.id())));
  }

  /** Documents cut into contexts of so many tokens, {@code <bos>} included; the rest is dropped. */
  private static List<int[]> contexts(Verification v, List<String> documents, int length) {
    List<int[]> contexts = new ArrayList<>();
    for (String document : documents) {
      int[] ids = Prompts.encode(v, document, false);
      for (int from = 0; from + length - 1 <= ids.length; from += length - 1) {
        int[] context = new int[length];
        context[0] = v.tokenizer().bosId().orElse(2);
        System.arraycopy(ids, from, context, 1, length - 1);
        contexts.add(context);
      }
    }
    if (contexts.isEmpty()) {
      throw new NotApplicable("the text is shorter than one context of " + length + " tokens");
    }
    return contexts;
  }

  private static void corpus(Fact fact, Verification v, Findings findings) {
    List<String> documents = documents(fact, v);
    Gemma2 model = v.model(fact);
    JsonObject e = fact.expected();
    int layers = model.config().nLayers();
    double[] norms = new double[layers];
    double loss = 0;
    double ablated = 0;
    double divergence = 0;
    int ablatedLayer =
        e.fields().keySet().stream()
            .filter(key -> key.startsWith("ce_loss_zero_ablation_layer"))
            .map(key -> Integer.parseInt(key.replaceAll("\\D+", "")))
            .findFirst()
            .orElseThrow(() -> e.failure("names no layer of a zero ablation"));
    Hook ablation = new Zero(HookPoints.Layer.of(ablatedLayer).residPost());
    List<int[]> contexts = contexts(v, documents, LOSS_CONTEXT);
    for (int[] ids : contexts) {
      loss += mean(losses(model, ids, new NormSum(norms)));
      ablated += mean(losses(model, ids, ablation));
      divergence += divergence(model, ids, ablation);
    }
    int n = contexts.size();
    findings.close("ce_loss_nats", e.number("ce_loss_nats"), loss / n, fact.tolerance());
    findings.close(
        "loss with layer " + ablatedLayer + " zero",
        e.number("ce_loss_zero_ablation_layer" + ablatedLayer),
        ablated / n,
        fact.tolerance("ablation"));
    findings.close(
        "kl_zero_ablation",
        e.number("kl_zero_ablation"),
        divergence / n,
        fact.tolerance("ablation"));
    JsonObject published = e.object("mean_resid_l2_norm");
    for (String key : published.fields().keySet()) {
      int layer = Integer.parseInt(key.replace("layer_", ""));
      double norm = norms[layer] / ((double) n * (LOSS_CONTEXT - 1));
      findings.close("norm in " + key, published.number(key), norm, fact.tolerance("norm"));
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  /** Mean over positions of KL(model || ablated model). */
  private static double divergence(Gemma2 model, int[] ids, Hook ablation) {
    Tensor right = model.forward(ids, Hook.NONE);
    Tensor wrong = model.forward(ids, ablation);
    double sum = 0;
    for (int r = 0; r < ids.length; r++) {
      sum += new Distribution(right, r).divergence(new Distribution(wrong, r));
    }
    return sum / ids.length;
  }

  /**
   * Perplexity as llama.cpp measures it: windows of 512 tokens, of which the second half is
   * predicted.
   */
  private static void perplexity(Fact fact, Verification v, Findings findings) {
    List<String> documents = documents(fact, v);
    Gemma2 model = v.model(fact);
    double sum = 0;
    long count = 0;
    for (int[] ids : contexts(v, documents, PERPLEXITY_CONTEXT)) {
      double[] losses = losses(model, ids, Hook.NONE);
      for (int i = PERPLEXITY_CONTEXT / 2; i < losses.length; i++) {
        sum += losses[i];
        count++;
      }
    }
    double published = fact.expected().number("F16_implied");
    findings.close("perplexity", published, StrictMath.exp(sum / count), fact.tolerance());
    findings.leaveOut("quantised files");
  }

  /** Puts zeros in a tensor's place. */
  private record Zero(String tensor) implements Hook {
    @Override
    public boolean watches(String name) {
      return name.equals(tensor);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      return Edits.of(value, new double[value.size()]);
    }
  }

  /** Adds up the norms of residual streams, {@code <bos>} left out. */
  private record NormSum(double[] sums) implements Hook {
    @Override
    public boolean watches(String name) {
      return name.endsWith("hook_resid_post");
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      int layer = Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
      for (int r = 0; r < value.dim(0); r++) {
        if (rows.positions()[r] > 0) {
          sums[layer] += Pass.norm(value.rows(r, r + 1).toDoubles());
        }
      }
      return value;
    }
  }
}
