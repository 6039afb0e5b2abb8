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
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.golden.GoldenCase;
import loupe.loaders.JsonObject;
import loupe.reference.Workers;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The mutation matrix: every bug against every golden case. */
class MutationTest {
  /** By bug: the cases that kill it, and the first wrong tensor there. */
  private static final Map<String, Map<String, String>> KILLED = new LinkedHashMap<>();

  @BeforeAll
  static void measure() {
    try (Workers workers = Workers.of(1)) {
      Map<String, Mutation> cases = new LinkedHashMap<>();
      GoldenCase.ids().forEach(id -> cases.put(id, new Mutation(GoldenCase.of(id), workers)));
      for (Quirk quirk : Zoo.all()) {
        Map<String, String> killers = new LinkedHashMap<>();
        cases.forEach(
            (id, mutation) -> mutation.firstWrong(quirk).ifPresent(name -> killers.put(id, name)));
        KILLED.put(quirk.name(), killers);
      }
    }
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
