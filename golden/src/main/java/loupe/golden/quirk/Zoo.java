package loupe.golden.quirk;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import loupe.gemma2.ChatFormat;
import loupe.loaders.JsonObject;
import loupe.loaders.StrictJson;
import loupe.loaders.Tokenizer;
import loupe.reference.InputException;
import loupe.reference.Spelling;

/** All known bugs: what the resource {@code quirks/zoo.json} says of them. */
public final class Zoo {
  static final Map<String, ModelChange> MODEL = new LinkedHashMap<>();
  static final Map<String, PromptQuirks.PromptChange> PROMPT = new LinkedHashMap<>();
  static final Map<String, UnaryOperator<SaeParts>> SAE = new LinkedHashMap<>();
  static final Map<String, EditQuirks.EditChange> EDIT = new LinkedHashMap<>();
  static final Map<String, MetricQuirks.Metric> METRIC = new LinkedHashMap<>();
  static final Map<String, UnaryOperator<Tokenizer>> TOKENIZER = new LinkedHashMap<>();
  static final Map<String, Function<List<ChatFormat.Message>, String>> CHAT = new LinkedHashMap<>();

  /** Bugs that a dump may show in another way too, for want of a place to read the right tensor. */
  static final Map<String, ModelChange> VARIANTS = new LinkedHashMap<>();

  /** Bugs in float32 that programs in 16 bits may have by right. */
  static final Set<String> ROUNDINGS =
      Set.of(
          "embed-scale-bf16",
          "embed-scale-f16",
          "embed-product-bf16",
          "weights-rounded-to-bf16",
          "variance-bf16",
          "norm-rounded-before-gain",
          "one-plus-w-bf16",
          "rope-angles-bf16",
          "rope-cos-sin-bf16",
          "rope-positions-bf16",
          "scores-f16",
          "cache-f16",
          "cache-of-8-bits",
          "softmax-bf16",
          "gelu-f16-table",
          "gated-product-f16",
          "residual-f16",
          "residual-bf16",
          "logits-bf16",
          "sae-parameters-bf16");

  static {
    SettingQuirks.addTo(MODEL);
    WeightQuirks.addTo(MODEL);
    NormQuirks.addTo(MODEL);
    RotaryQuirks.addTo(MODEL);
    ScoreQuirks.addTo(MODEL);
    MaskQuirks.addTo(MODEL);
    FeedForwardQuirks.addTo(MODEL);
    HeadQuirks.addTo(MODEL);
    ReadingQuirks.addTo(MODEL);
    VARIANTS.put(
        "parallel-mlp",
        MODEL.get("parallel-mlp").then(ReadingQuirks.read("hook_resid_mid", "hook_resid_pre")));
    NormQuirks.addVariantsTo(VARIANTS);
    WeightQuirks.addVariantsTo(VARIANTS);
    PromptQuirks.addTo(PROMPT);
    SaeQuirks.addTo(SAE);
    EditQuirks.addTo(EDIT);
    MetricQuirks.addTo(METRIC);
    TokenizerQuirks.addTo(TOKENIZER);
    ChatQuirks.addTo(CHAT);
  }

  private static final Map<String, Quirk> ALL = read();

  private Zoo() {}

  /** All bugs, in the order of the forward pass. */
  public static List<Quirk> all() {
    return List.copyOf(ALL.values());
  }

  /** The bugs that show first at this operation, see {@link Quirk#operation}. */
  public static List<Quirk> at(String operation) {
    return ALL.values().stream().filter(quirk -> quirk.operation().equals(operation)).toList();
  }

  /**
   * The bug of this name.
   *
   * @throws InputException if there is none
   */
  public static Quirk of(String name) {
    return Optional.ofNullable(ALL.get(name))
        .orElseThrow(
            () ->
                new InputException(
                    "there is no known bug '"
                        + name
                        + "'; "
                        + Spelling.suggest(name, ALL.keySet())
                        + " loupe zoo lists them"));
  }

  private static Map<String, Quirk> read() {
    Map<String, Quirk> quirks = new LinkedHashMap<>();
    for (JsonObject entry : resource("zoo.json").objects("quirks")) {
      entry.allowOnly("name", "part", "operation", "pitfalls", "bug", "projects", "fix");
      Quirk quirk =
          new Quirk(
              entry.string("name"),
              Quirk.Part.valueOf(entry.string("part").toUpperCase(Locale.ROOT)),
              entry.string("operation"),
              List.copyOf(entry.strings("pitfalls")),
              entry.string("bug"),
              List.copyOf(entry.strings("projects")),
              entry.string("fix"));
      quirks.put(quirk.name(), quirk);
    }
    return quirks;
  }

  /** A file of {@code loupe/quirks}. */
  static JsonObject resource(String file) {
    try (InputStream in = Zoo.class.getResourceAsStream("/loupe/quirks/" + file)) {
      return StrictJson.readObject(in, "embedded quirks/" + file);
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  /**
   * Which golden cases expose a bug, and the first tensor that is then wrong: what {@link Mutation}
   * measures, as published.
   */
  public static Map<String, String> killers(String quirk) {
    JsonObject killed = resource("killed.json");
    Map<String, String> killers = new LinkedHashMap<>();
    if (killed.has(quirk)) {
      JsonObject cases = killed.object(quirk);
      List<String> ids = new ArrayList<>(cases.fields().keySet());
      ids.forEach(id -> killers.put(id, cases.string(id)));
    }
    return killers;
  }
}
