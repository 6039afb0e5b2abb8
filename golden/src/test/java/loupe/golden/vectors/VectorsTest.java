package loupe.golden.vectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Float64;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The conformance vectors in the folder {@code vectors}. */
class VectorsTest {
  private static final Path FOLDER = Path.of("vectors");

  /** Programs that compute a few operations by the loop of the README; the second has a bug. */
  private static final String PORTS =
      """

      def port(gelu):
          def answer(request):
              op, args = request["op"], request["args"]
              if op == "softcap":
                  return {"y": [args["cap"] * math.tanh(x / args["cap"]) for x in numbers(args["x"])]}
              if op == "residual_add":
                  return {"y": [x + b for x, b in zip(numbers(args["x"]), numbers(args["branch"]))]}
              if op == "gelu_tanh":
                  return {"y": [gelu(x) for x in numbers(args["x"])]}
              if op == "sae_jumprelu":
                  pairs = zip(numbers(args["pre"]), numbers(args["threshold"]))
                  return {"features": [u if u > t else 0 for u, t in pairs]}

          return answer


      def tanh_form(x):
          return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


      def erf_form(x):
          return x / 2 * (1 + math.erf(x / math.sqrt(2)))


      import sys

      print(*check(sys.argv[1], port(tanh_form)))
      print(*check(sys.argv[1], port(erf_form)))
      """;

  @TempDir Path temp;

  private static JsonObject file(String name) throws IOException {
    return JsonParser.parseString(Files.readString(FOLDER.resolve(name))).getAsJsonObject();
  }

  @Test
  void theFolderIsWhatTheCommandWrites() throws IOException {
    Set<String> there = new TreeSet<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      files.forEach(path -> there.add(path.getFileName().toString()));
    }
    try (Workers workers = Workers.of(1)) {
      Map<String, byte[]> files = Vectors.files(workers);
      Vectors.write(files, Path.of("target", "vectors"));
      assertEquals(files.keySet(), there);
      for (Map.Entry<String, byte[]> entry : files.entrySet()) {
        assertArrayEquals(
            entry.getValue(),
            Files.readAllBytes(FOLDER.resolve(entry.getKey())),
            entry.getKey() + " differs from target/vectors");
      }
    }
  }

  /** Every bug is put in, and its vector must be missed; without it none may be. */
  @Test
  void everyBugMissesItsVectorAndNothingElseDoes() throws IOException {
    JsonObject bugs = file("bugs.json");
    List<String> wrong = new ArrayList<>();
    Set<String> seen = new TreeSet<>();
    Quirk none = new Quirk("none", Quirk.Part.MODEL, "", List.of(), "", List.of(), "");
    try (Workers workers = Workers.of(1)) {
      Float64 float64 = new Float64(workers);
      WrongAnswer right = new WrongAnswer(none, float64);
      for (JsonElement element : bugs.getAsJsonArray("vectors")) {
        JsonObject vector = element.getAsJsonObject();
        JsonObject expected = vector.getAsJsonObject("result");
        String flag = vector.getAsJsonArray("flags").get(0).getAsString();
        seen.add(flag);
        WrongAnswer bug = new WrongAnswer(Zoo.of(flag), float64);
        if (Caught.firstWrong(expected, bug.to(vector)).isEmpty()) {
          wrong.add(flag + " is not caught");
        }
        Optional<String> alarm = Caught.firstWrong(expected, right.to(vector));
        alarm.ifPresent(what -> wrong.add("a right program misses " + flag + " at " + what));
      }
    }
    assertEquals(List.of(), wrong);
    Set<String> all = new TreeSet<>();
    Zoo.all().forEach(quirk -> all.add(quirk.name()));
    assertEquals(all, seen);
  }

  @Test
  void aVectorIsMissedByOneElementOutsideOfItsRadius() throws IOException {
    JsonObject vector = file("operations.json").getAsJsonArray("vectors").get(0).getAsJsonObject();
    JsonObject expected = vector.getAsJsonObject("result");
    JsonObject theirs = expected.deepCopy();
    JsonObject y = theirs.getAsJsonObject("y");
    byte[] data = Base64.getDecoder().decode(y.get("data").getAsString());
    data[data.length - 3] ^= 1;
    y.addProperty("data", Base64.getEncoder().encodeToString(data));
    assertEquals(Optional.empty(), Caught.firstWrong(expected, expected));
    assertTrue(Caught.firstWrong(expected, theirs).isPresent());
    theirs.remove("y");
    assertEquals(Optional.of("y is missing"), Caught.firstWrong(expected, theirs));
  }

  @Test
  void theLoopOfTheReadmePassesARightProgramAndFailsAWrongOne() throws Exception {
    assumeTrue(isThere("python3"), "python3 is not here");
    String readme = Files.readString(FOLDER.resolve("README.md"));
    int from = readme.indexOf("```python\n") + "```python\n".length();
    String loop = readme.substring(from, readme.indexOf("```", from));
    assertTrue(loop.lines().filter(line -> !line.isBlank()).count() <= 26, loop);
    Path script = Files.writeString(temp.resolve("use.py"), loop + PORTS, StandardCharsets.UTF_8);
    Process process =
        new ProcessBuilder("python3", script.toString(), FOLDER.toAbsolutePath().toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    String[] lines = out.split("\n");
    assertTrue(lines[0].matches("1[0-9] \\[\\]"), out);
    assertTrue(lines[1].contains("gelu_tanh-1-f32"), out);
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return new ProcessBuilder(program, "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
