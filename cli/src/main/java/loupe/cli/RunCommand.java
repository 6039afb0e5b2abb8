package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import loupe.gemma2.ChatFormat;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sampler;
import loupe.gemma2.Sampling;
import loupe.golden.quirk.Quirk.Part;
import loupe.loaders.Tokenizer;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe run}: continues a text. */
@Command(
    description = {
      "Continues a text and prints the continuation as it comes. An end token of the",
      "model ends it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe run \"Four score and seven years ago\"",
      "  loupe run --temperature 0.8 --top-p 0.95 --seed 7 \"Call me Ishmael\"",
      "  loupe run --model gemma-2-2b-it --chat \"Why is the sky blue?\"",
      "  loupe run --model weights --tokens 2,17,9 --max-tokens 8 --json",
      "",
      "The same seed gives the same ids for any threads, kernels and Java."
    })
final class RunCommand implements Callable<Integer> {
  private static final String TURN = "<start_of_turn>";
  private static final String END_OF_TURN = "<end_of_turn>";

  private final Terminal terminal;
  @Mixin private TextOptions text;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Generates N tokens at most; 64 by default.")
  private int maxTokens = 64;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 (default) takes the most probable token, the lowest id of equals.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Samples from the K most probable tokens; 0 (default) from all.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = {
        "Samples from the most probable tokens whose probabilities sum up to",
        "P or more; 1 by default: all."
      })
  private double topP = 1;

  @Option(names = "--seed", paramLabel = "N", description = "Of the random numbers; 0 by default.")
  private long seed;

  @Option(
      names = "--chat",
      description = "The text is a message, and the model replies; for models tuned to do so.")
  private boolean chat;

  @Mixin private ModelOptions model;
  @Mixin private JsonOutput json;

  RunCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (maxTokens < 0) {
      throw new InputException("--max-tokens must be 0 or more, not " + maxTokens);
    }
    if (chat && text.ids().isPresent()) {
      throw new InputException("--chat needs a text: it cannot be put around --tokens");
    }
    admitQuirk();
    Sampler sampler = new Sampler(new Sampling(temperature, topK, topP, seed));
    long start = System.nanoTime();
    ModelFiles files = new ModelFiles(model);
    int[] prompt = files.promptIds(text, words -> form(words, files), terminal);
    Set<Integer> stopIds = stopIds(files);
    StreamedText streamed = new StreamedText(terminal, files.tokenizer(), stopIds, !json.wanted());
    int most = (int) Math.min(Integer.MAX_VALUE, (long) prompt.length + maxTokens);
    try (LoadedModel loaded = LoadedModel.open(files, model, most, terminal)) {
      long opened = System.nanoTime();

      KvCache cache = loaded.model().newCache();
      Tensor logits = loaded.prefill(prompt, cache, Hook.NONE, terminal);
      long read = System.nanoTime();

      IntConsumer each = streamed.andThen(lengthWatch(files, prompt.length));
      int[] ids =
          loaded.generator().generate(logits, cache, sampler, maxTokens, stopIds, Hook.NONE, each);
      streamed.finish();
      if (json.wanted()) {
        Timing timing = new Timing(opened - start, read - opened, System.nanoTime() - read);
        JsonObject document = document(prompt, ids, streamed, timing);
        model.quirk().mark(document);
        JsonOutput.print(terminal, document);
      }
      return ExitCode.DONE;
    }
  }

  private void admitQuirk() {
    List<Part> parts =
        new ArrayList<>(List.of(Part.MODEL, Part.DECODING, Part.PROMPT, Part.TOKENIZER));
    if (chat) {
      parts.add(Part.CHAT);
    }
    model.quirk().admit("run", terminal, parts.toArray(new Part[0]));
  }

  /** What the model is to read: the text itself, or a conversation that begins with it. */
  private String form(String words, ModelFiles files) {
    if (!chat) {
      return words;
    }
    Tokenizer tokenizer = files.requireTokenizer();
    if (tokenizer.id(TURN).isEmpty() || tokenizer.id(END_OF_TURN).isEmpty()) {
      throw new InputException(
          tokenizer.origin()
              + ": has no "
              + TURN
              + ", so the model knows no chat; leave out --chat");
    }
    List<ChatFormat.Message> messages = List.of(new ChatFormat.Message("user", words));
    return model
        .quirk()
        .quirk()
        .map(quirk -> quirk.chatPrompt(messages))
        .orElseGet(() -> ChatFormat.prompt(messages));
  }

  /** Ids that end the text. Some configurations of chat models forget the end of a turn (P67). */
  private Set<Integer> stopIds(ModelFiles files) {
    Set<Integer> ids = new LinkedHashSet<>(files.eosIds());
    if (chat) {
      ids.add(files.requireTokenizer().id(END_OF_TURN).orElseThrow());
    }
    return ids;
  }

  /** Warns once where the text grows longer than the model was made for. */
  private IntConsumer lengthWatch(ModelFiles files, int promptLength) {
    int most = files.config().config().maxPositions();
    int[] length = {promptLength};
    return id -> {
      if (++length[0] == most + 1) {
        files.warnOfLength(terminal);
      }
    };
  }

  /** Nanoseconds of the three parts of a run. */
  private record Timing(long load, long prefill, long decode) {
    /** The first new token is chosen from what the prompt gave; each other took one step. */
    JsonObject document(int promptTokens, int newTokens) {
      JsonObject json = new JsonObject();
      json.addProperty("load_s", load / 1e9);
      json.addProperty("prefill_tokens", promptTokens);
      json.addProperty("prefill_s", prefill / 1e9);
      json.addProperty("decode_tokens", Math.max(0, newTokens - 1));
      json.addProperty("decode_s", decode / 1e9);
      return json;
    }
  }

  private static JsonObject document(
      int[] prompt, int[] ids, StreamedText streamed, Timing timing) {
    JsonObject json = new JsonObject();
    json.add("prompt_ids", numbers(prompt));
    json.add("ids", numbers(ids));
    json.addProperty("text", streamed.text().orElse(null));
    json.add("timing", timing.document(prompt.length, ids.length));
    return json;
  }

  private static JsonArray numbers(int[] ids) {
    JsonArray array = new JsonArray(ids.length);
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }
}
