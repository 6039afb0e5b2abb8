package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformCommandTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  @TempDir Path temp;

  private static Invocation conform(List<String> options, String... program) {
    List<String> args = new ArrayList<>(List.of("conform"));
    args.addAll(options);
    args.addAll(List.of("--", JAVA, "-cp", System.getProperty("java.class.path")));
    args.addAll(List.of(program));
    return Invocation.of(args.toArray(String[]::new));
  }

  private static Map<String, JsonObject> marks(Invocation run) {
    Map<String, JsonObject> marks = new TreeMap<>();
    JsonObject card = JsonParser.parseString(run.out()).getAsJsonObject();
    for (JsonElement mark : card.getAsJsonArray("operations")) {
      marks.put(mark.getAsJsonObject().get("op").getAsString(), mark.getAsJsonObject());
    }
    return marks;
  }

  @Test
  void theOracleItselfPassesEverywhere() {
    Invocation run =
        conform(
            List.of("--json", "--cases", "4"),
            "-Dloupe.relaunch=false",
            "loupe.cli.Main",
            "serve",
            "--stdio");
    assertEquals(ExitCode.DONE, run.code(), run.out() + run.err());
    marks(run).forEach((op, mark) -> assertEquals("pass", mark.get("verdict").getAsString(), op));
    assertTrue(marks(run).size() >= 23, run.out());
  }

  @Test
  void aWrongProgramFailsAtTheOperationsThatAreWrong() throws IOException {
    Path failures = temp.resolve("failed.jsonl");
    Invocation run =
        conform(
            List.of("--json", "--cases", "8", "--timeout", "4", "--failures", failures.toString()),
            "loupe.cli.WrongPort");
    assertEquals(ExitCode.BAD_VERDICT, run.code(), run.err());
    Map<String, String> wrong =
        Map.of(
            "softcap", "from its inputs follows",
            "rope", "id",
            "gelu_tanh", "not valid JSON",
            "mix", "no answer within 4 s",
            "linear", "exit code 3",
            "tokenize", "ids",
            "sampling_distribution", "ids are kept",
            "chat_prompt", "the program refuses");
    marks(run)
        .forEach(
            (op, mark) -> {
              String verdict = mark.get("verdict").getAsString();
              String expected =
                  wrong.containsKey(op) ? "fail" : op.equals("sae") ? "skipped" : "pass";
              assertEquals(expected, verdict, mark.toString());
              if (wrong.containsKey(op)) {
                String why = mark.get("first_failure").getAsString();
                assertTrue(why.contains(wrong.get(op)), op + ": " + why);
              }
            });
    assertEquals(3, Files.readAllLines(failures).size());
    assertEquals(ExitCode.BAD_VERDICT, Invocation.of("answer", failures.toString()).code());
  }

  @Test
  void aProgramThatCannotBeGradedIsRefused() {
    Invocation.of("conform", "--", "./no-such-program").assertRefused("no-such-program", "started");
    Invocation.of("conform", "--op", "ropes", "--", "x").assertRefused("ropes");
  }
}
