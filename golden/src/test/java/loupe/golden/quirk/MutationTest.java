package loupe.golden.quirk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.loaders.JsonObject;
import loupe.reference.Workers;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The mutation matrix: every bug against every golden case. */
class MutationTest {
  private static final List<String> TEXTS = List.of("texts");

  private static final String HEAD =
      """
      # The zoo: known bugs, and which golden kills each

      %d bugs that ports of Gemma 2 and Gemma Scope had or may have; `loupe zoo` says of each what it is, who had it and what to
      change, and `--quirk NAME` runs a command with it. **K**: the golden exposes the bug: run in float64 with the bug in, some
      tensor is further from the truth than a correct float32 program may be. `.`: it does not show there (a window cannot show
      on one token). `MutationTest` measures this table on every build, and fails where a bug survives everywhere.
      """;

  /** By bug: the cases that kill it, and the first wrong tensor there. */
  private static final Map<String, Map<String, String>> KILLED = new LinkedHashMap<>();

  @BeforeAll
  static void measure() {
    try (Workers workers = Workers.of(1)) {
      Map<String, Function<Quirk, Optional<String>>> models = new LinkedHashMap<>();
      for (String id : GoldenCase.ids()) {
        models.put(id, new Mutation(GoldenCase.of(id), workers)::firstWrong);
      }
      Map<String, Function<Quirk, Optional<String>>> saes = new LinkedHashMap<>();
      for (String id : GoldenSae.ids()) {
        saes.put(id, new SaeMutation(GoldenSae.of(id), workers)::firstWrong);
      }
      Map<String, Function<Quirk, Optional<String>>> texts =
          Map.of("texts", new TextMutation()::firstWrong);
      for (Quirk quirk : Zoo.all()) {
        Map<String, String> killers = new LinkedHashMap<>();
        goldensFor(quirk, models, saes, texts)
            .forEach((id, golden) -> golden.apply(quirk).ifPresent(name -> killers.put(id, name)));
        KILLED.put(quirk.name(), killers);
      }
    }
  }

  private static <G> G goldensFor(Quirk quirk, G models, G saes, G texts) {
    return switch (quirk.part()) {
      case MODEL, DECODING, PROMPT -> models;
      case READING, SAE, EDIT, METRIC -> saes;
      case TOKENIZER, CHAT -> texts;
    };
  }

  @Test
  void aCorrectProgramIsKilledNowhere() {
    for (Quirk.Part part : List.of(Quirk.Part.MODEL, Quirk.Part.DECODING)) {
      Quirk none = new Quirk("none", part, "", List.of(), "", List.of(), "");
      try (Workers workers = Workers.of(1)) {
        for (String id : GoldenCase.ids()) {
          Mutation mutation = new Mutation(GoldenCase.of(id), workers);
          assertEquals(Optional.empty(), mutation.firstWrong(none), id);
        }
        for (String id : GoldenSae.ids()) {
          SaeMutation mutation = new SaeMutation(GoldenSae.of(id), workers);
          assertEquals(Optional.empty(), mutation.firstWrong(none), id);
        }
        assertEquals(Optional.empty(), new TextMutation().firstWrong(none));
      }
    }
  }

  @Test
  void everyBugIsKilled() {
    List<String> survivors =
        KILLED.entrySet().stream()
            .filter(entry -> entry.getValue().isEmpty())
            .map(Map.Entry::getKey)
            .toList();
    assertEquals(List.of(), survivors);
  }

  @Test
  void everyBugShowsFirstWhereItsNoteSays() {
    List<String> elsewhere = new ArrayList<>();
    for (Quirk quirk : Zoo.all()) {
      List<String> firsts =
          KILLED.get(quirk.name()).values().stream().map(MutationTest::kind).distinct().toList();
      if (!firsts.contains(quirk.operation())) {
        elsewhere.add(quirk.name() + " says " + quirk.operation() + ", shows at " + firsts);
      }
    }
    assertEquals("", String.join("\n", elsewhere));
  }

  private static String kind(String name) {
    return name.startsWith("blocks.")
        ? name.substring(name.indexOf('.', 7) + 1)
        : name.replaceAll(" [0-9]+$", "");
  }

  @Test
  void theMatrixIsAsPublished() throws IOException {
    String measured =
        KILLED.entrySet().stream()
            .map(
                quirk ->
                    "  \"%s\": {%s}"
                        .formatted(
                            quirk.getKey(),
                            quirk.getValue().entrySet().stream()
                                .map(e -> "\"%s\": \"%s\"".formatted(e.getKey(), e.getValue()))
                                .collect(Collectors.joining(", "))))
            .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    Path copy = Path.of("target", "killed.json");
    Files.writeString(copy, measured, StandardCharsets.UTF_8);
    JsonObject published = Zoo.resource("killed.json");
    Map<String, Map<String, String>> read = new LinkedHashMap<>();
    published.fields().keySet().forEach(name -> read.put(name, Zoo.killers(name)));
    assertEquals(KILLED, read, "measured: " + copy);
  }

  /** The matrix for readers: a line for each bug, a column for each golden. */
  private static String table() {
    StringBuilder text = new StringBuilder(HEAD.formatted(Zoo.all().size()));
    for (Quirk.Part part : Quirk.Part.values()) {
      List<Quirk> quirks = Zoo.all().stream().filter(q -> q.part() == part).toList();
      List<String> goldens = goldensFor(quirks.get(0), GoldenCase.ids(), GoldenSae.ids(), TEXTS);
      text.append("\n## ").append(part.name().toLowerCase(Locale.ROOT)).append("\n\n");
      text.append("| bug | pitfalls | shows first at | ").append(String.join(" | ", goldens));
      text.append(" |\n|---|---|---|").append("---|".repeat(goldens.size())).append('\n');
      for (Quirk quirk : quirks) {
        Map<String, String> killers = KILLED.get(quirk.name());
        text.append(
            "| %s | %s | %s | "
                .formatted(quirk.name(), String.join(" ", quirk.pitfalls()), quirk.operation()));
        text.append(
            goldens.stream()
                .map(id -> killers.containsKey(id) ? "K" : ".")
                .collect(Collectors.joining(" | ")));
        text.append(" |\n");
      }
    }
    return text.toString();
  }

  @Test
  void theTableForReadersIsAsPublished() throws IOException {
    Path copy = Path.of("target", "ZOO.md");
    Files.writeString(copy, table(), StandardCharsets.UTF_8);
    assertEquals(table(), Files.readString(Path.of("ZOO.md")), "measured: " + copy);
  }

  @Test
  void everyBugHasItsNotes() {
    assertTrue(Zoo.all().size() >= 60, Zoo.all().size() + " bugs");
    for (Quirk quirk : Zoo.all()) {
      assertTrue(!quirk.bug().isBlank() && !quirk.fix().isBlank(), quirk.name());
      assertTrue(quirk.pitfalls().stream().allMatch(p -> p.matches("P[0-9]+")), quirk.name());
      assertTrue(!quirk.pitfalls().isEmpty(), quirk.name());
    }
  }
}
