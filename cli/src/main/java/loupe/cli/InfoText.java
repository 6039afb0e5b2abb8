package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.LayerType;
import loupe.golden.ReleasedConfig;
import loupe.loaders.Tokenizer;

/** What {@code info} found, for people. */
final class InfoText {
  private static final String INDENT = "  ";

  /** A length of text that is not the longest, to show how memory grows. */
  private static final int SOME_TOKENS = 1000;

  /** Smaller files stay in RAM by themselves. */
  private static final long MAPPED_WORTH_SAYING = 1 << 26;

  private final ModelInfo info;
  private final Terminal terminal;

  private record Line(String label, String value, String remark) {
    Line(String label, String value) {
      this(label, value, "");
    }
  }

  InfoText(ModelInfo info, Terminal terminal) {
    this.info = info;
    this.terminal = terminal;
  }

  void print() {
    List<List<Line>> sections = List.of(model(), configuration(), memory(), numbers());
    List<String> titles = List.of("Model", "Configuration", "Memory", "Numbers");
    int width =
        sections.stream()
            .flatMap(List::stream)
            .mapToInt(line -> line.label().length())
            .max()
            .orElseThrow();
    for (int i = 0; i < titles.size(); i++) {
      if (i > 0) {
        terminal.out().println();
      }
      terminal.out().println(terminal.paint(Style.BOLD, titles.get(i)));
      sections.get(i).forEach(line -> print(line, width));
    }
  }

  private void print(Line line, int width) {
    int column = INDENT.length() + width + 2;
    new StyledLine(terminal)
        .to(INDENT.length())
        .add(Style.FAINT, line.label())
        .to(column)
        .add(line.value())
        .to(column + DisplayWidth.of(line.value()) + 2)
        .add(Style.FAINT, line.remark())
        .print();
  }

  private List<Line> model() {
    List<Line> lines = new ArrayList<>();
    lines.add(new Line("model", VisibleText.of(info.name())));
    lines.add(new Line("parameters", grouped(info.config().config().parameterCount())));
    if (info.stored().isPresent()) {
      ModelInfo.Stored stored = info.stored().get();
      lines.add(
          new Line(
              "weights",
              "%s in %d tensors of %s"
                  .formatted(
                      ByteSize.text(stored.bytes()),
                      stored.tensors(),
                      String.join(", ", stored.dtypes()))));
      lines.add(new Line("digest", stored.digest()));
    } else {
      lines.add(new Line("weights", "none"));
    }
    Tokenizer tokenizer = info.tokenizer().orElse(null);
    lines.add(
        tokenizer == null
            ? new Line("tokenizer", "none", "give ids by --tokens, or a file by --tokenizer")
            : new Line(
                "tokenizer",
                VisibleText.of(tokenizer.origin()),
                grouped(tokenizer.vocabSize()) + " pieces"));
    return lines;
  }

  private List<Line> configuration() {
    List<Line> lines = new ArrayList<>();
    for (Map.Entry<String, Object> entry :
        ReleasedConfig.values(info.config().config()).entrySet()) {
      boolean taken =
          info.config().defaults().stream().anyMatch(d -> d.startsWith(entry.getKey() + " "));
      lines.add(
          new Line(entry.getKey(), value(entry), taken ? "taken, since the file has none" : ""));
    }
    return lines;
  }

  private String value(Map.Entry<String, Object> entry) {
    if (entry.getKey().equals("layer_types")) {
      return layers(info.config().config().layerTypes());
    }
    if (entry.getValue() instanceof List<?> list) {
      return list.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
    return entry.getValue() == null ? "none" : String.valueOf(entry.getValue());
  }

  private static String layers(List<LayerType> types) {
    Stream<String> words = types.stream().map(LayerType::word);
    return types.size() > 2 && types.equals(Gemma2Config.alternating(types.size()))
        ? "sliding_attention, full_attention in turn"
        : words.collect(Collectors.joining(", "));
  }

  private List<Line> memory() {
    MemoryNeed need = info.memory();
    int most = info.config().config().maxPositions();
    List<Line> lines = new ArrayList<>();
    info.stored()
        .filter(stored -> stored.bytes() >= MAPPED_WORTH_SAYING)
        .ifPresent(
            stored ->
                lines.add(
                    new Line(
                        "weights",
                        "mapped from the file",
                        "fast where all " + ByteSize.text(stored.bytes()) + " stay in RAM")));
    lines.add(new Line("keys and values", ByteSize.text(need.perToken()) + " for each token"));
    if (most > SOME_TOKENS) {
      lines.add(heap(SOME_TOKENS));
    }
    lines.add(heap(most));
    lines.add(
        new Line(
            "heap allowed",
            ByteSize.text(Runtime.getRuntime().maxMemory()),
            "LOUPE_JAVA_OPTS=-Xmx... changes it"));
    return lines;
  }

  private Line heap(int tokens) {
    return new Line(
        "heap for " + grouped(tokens),
        "about " + ByteSize.text(info.memory().heap(tokens)),
        ByteSize.text(info.memory().keysAndValues(tokens)) + " of it keys and values");
  }

  private List<Line> numbers() {
    ModelInfo.Numbers numbers = info.numbers();
    return List.of(
        new Line("arithmetic", numbers.arithmetic()),
        new Line("threads", String.valueOf(numbers.threads())),
        new Line("kernels", numbers.kernels().name(), numbers.kernels().why()),
        new Line("java", ModelInfo.java(), ModelInfo.virtualMachine()));
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
