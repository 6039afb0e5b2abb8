package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of the house that a compiler does not check. */
class ArchitectureTest {
  /** What each module's main code may mention, itself aside. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          "reference", Set.of(),
          "gemma2", Set.of("reference"),
          "sae", Set.of("reference"),
          "loaders", Set.of("reference"),
          "golden", Set.of("reference", "gemma2", "sae", "loaders"),
          "cli", Set.of("reference", "gemma2", "sae", "loaders", "golden"));

  /** The only sources that may use the incubating Vector API. */
  private static final Set<String> VECTOR_SOURCES =
      Set.of(
          "VectorKernels.java",
          "VectorTileKernels.java",
          "VectorPairKernels.java",
          "VectorPackKernels.java",
          "VectorColumnKernels.java",
          "VectorMemory.java",
          "VectorDotRowKernels.java",
          "VectorDotTileKernels.java",
          "VectorNarrowDotKernels.java",
          "VectorSumKernels.java",
          "VectorRowKernels.java",
          "VectorWidening.java",
          "VectorProbe.java",
          "VectorFunctions.java");

  private static final int MAX_FILE_LINES = 300;
  private static final int MAX_METHOD_LINES = 60;
  private static final int MAX_PARAMETERS = 8;
  private static final int MAX_CASTS = 6;

  /** Their results are not the same on every JDK; StrictMath's are. */
  private static final String INEXACT_FUNCTIONS =
      "exp|expm1|log|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot";

  private static final Pattern INEXACT_MATH =
      Pattern.compile(
          "(java\\.lang\\.)?Math\\.(" + INEXACT_FUNCTIONS + ")|java\\.lang\\.Math\\.\\*");

  /** The same functions on vectors: the JDK leaves their last bits open. */
  private static final Pattern INEXACT_VECTOR_MATH =
      Pattern.compile(
          "(.*\\.)?VectorOperators\\.(" + INEXACT_FUNCTIONS + ")", Pattern.CASE_INSENSITIVE);

  private static final Pattern LOUPE_CLASS =
      Pattern.compile("loupe\\.([a-z0-9_]+)(\\.([a-z0-9_]+|\\*))*(\\.[A-Z].*)?");

  private static final Pattern EMPTY_WORD_FOR_A_PACKAGE =
      Pattern.compile("(.*\\.)?(util|utils|common|helper|helpers|misc|shared|impl)(\\..*)?");

  private static final Pattern EMPTY_WORD_FOR_A_TYPE =
      Pattern.compile(".*(Utils?|Helpers?|Manager|Impl)");

  /** Where somebody's own machine shows: home folders, and folders made for one machine. */
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.~-])/(root|work|workspace|home/\\w+|Users/\\w+)/|[A-Z]:\\\\Users");

  private static final Set<String> TEXT_FILES =
      Set.of("java", "xml", "md", "json", "jsonl", "txt", "properties", "html", "css", "js", "sh");

  private static Path root;
  private static List<SourceFile> mainSources;

  @BeforeAll
  static void readTheSources() throws IOException {
    root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve(".editorconfig"))) {
      root = root.getParent();
    }
    List<Path> paths = new ArrayList<>();
    for (String module : new TreeSet<>(ARROWS.keySet())) {
      paths.addAll(javaFiles(root.resolve(module).resolve("src/main/java")));
    }
    mainSources = SourceFile.parse(paths);
    assertTrue(mainSources.size() >= ARROWS.size(), "sources not found under " + root);
  }

  private static List<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static String module(SourceFile source) {
    return root.relativize(source.path()).getName(0).toString();
  }

  /** Fails with every line that {@code rule} has to say about a source. */
  private static void assertNothingToSay(Function<SourceFile, Stream<String>> rule) {
    List<String> complaints = new ArrayList<>();
    for (SourceFile source : mainSources) {
      rule.apply(source).forEach(what -> complaints.add(root.relativize(source.path()) + what));
    }
    assertEquals("", String.join("\n", complaints));
  }

  @Test
  void arrowsBetweenModulesPointOneWay() {
    assertNothingToSay(
        source -> {
          String module = module(source);
          return Stream.concat(source.names().stream(), source.strings().stream())
              .map(LOUPE_CLASS::matcher)
              .filter(name -> name.matches())
              .filter(name -> ARROWS.containsKey(name.group(1)))
              .filter(name -> !name.group(1).equals(module))
              .filter(name -> !ARROWS.get(module).contains(name.group(1)))
              .map(name -> " must not know " + name.group());
        });
  }

  @Test
  void packagesAreNamedAfterTheirModule() {
    assertNothingToSay(
        source -> {
          String expected = "loupe." + module(source);
          return (source.packageName() + ".").startsWith(expected + ".")
              ? Stream.empty()
              : Stream.of(" is in package " + source.packageName() + ", not in " + expected);
        });
  }

  @Test
  void onlyTheVectorKernelsUseTheVectorApi() {
    assertNothingToSay(
        source ->
            VECTOR_SOURCES.contains(source.path().getFileName().toString())
                ? Stream.empty()
                : source.names().stream()
                    .filter(name -> name.startsWith("jdk.incubator"))
                    .map(name -> " must not use " + name));
  }

  @Test
  void everyFunctionHasTheSameBitsOnEveryJdk() {
    assertNothingToSay(
        source ->
            source.names().stream()
                .filter(
                    name ->
                        INEXACT_MATH.matcher(name).matches()
                            || INEXACT_VECTOR_MATH.matcher(name).matches())
                .map(name -> " must not use " + name + "; StrictMath or our own are exact"));
  }

  @Test
  void namesSayWhatAThingIs() {
    assertNothingToSay(
        source ->
            Stream.concat(
                    Stream.of(source.packageName())
                        .filter(name -> EMPTY_WORD_FOR_A_PACKAGE.matcher(name).matches()),
                    source.types().stream()
                        .filter(name -> EMPTY_WORD_FOR_A_TYPE.matcher(name).matches()))
                .map(name -> " has a name that says nothing: " + name));
  }

  @Test
  void everyPackageSaysWhatToReadFirst() {
    Map<String, List<SourceFile>> packages =
        mainSources.stream().collect(Collectors.groupingBy(SourceFile::packageName));
    List<String> silent = new ArrayList<>();
    packages.forEach(
        (name, sources) -> {
          boolean hasCode = sources.stream().anyMatch(source -> !source.types().isEmpty());
          boolean guides = sources.stream().anyMatch(ArchitectureTest::guidesTheReader);
          if (hasCode && !guides) {
            silent.add(name + " needs a package-info that says which class to start with");
          }
        });
    assertEquals(List.of(), silent);
  }

  private static boolean guidesTheReader(SourceFile source) {
    try {
      return source.path().endsWith("package-info.java")
          && Files.readString(source.path()).contains("tart with {@link");
    } catch (IOException e) {
      throw new AssertionError(source.path().toString(), e);
    }
  }

  @Test
  void filesAndMethodsFitOnAFewScreens() {
    assertNothingToSay(
        source -> {
          Stream<String> file =
              Stream.of(source)
                  .filter(it -> it.lines() > MAX_FILE_LINES)
                  .map(it -> " has " + it.lines() + " lines, more than " + MAX_FILE_LINES);
          Stream<String> methods =
              source.methods().stream()
                  .filter(method -> method.lines() > MAX_METHOD_LINES)
                  // A tile names each of its registers.
                  .filter(method -> !method.name().endsWith("Tile"))
                  .map(method -> ": " + method.name() + " has more lines than " + MAX_METHOD_LINES);
          return Stream.concat(file, methods);
        });
  }

  @Test
  void methodsTakeFewParameters() {
    assertNothingToSay(
        source -> {
          // Kernels take arrays with offsets and lengths: objects around them would be allocated
          // for each call. A record's components are data.
          boolean kernel = source.path().getFileName().toString().endsWith("Kernels.java");
          return kernel
              ? Stream.empty()
              : source.methods().stream()
                  .filter(method -> !method.name().equals("<init>"))
                  .filter(method -> method.parameters() > MAX_PARAMETERS)
                  .map(method -> ": " + method.name() + " takes more than " + MAX_PARAMETERS);
        });
  }

  @Test
  void methodsReinterpretFewVectors() {
    assertNothingToSay(
        source ->
            source.methods().stream()
                // JDK 17 makes objects of vectors in some starts, see bench/NOTES.md.
                .filter(method -> method.text().split("reinterpretAs").length - 1 > MAX_CASTS)
                .map(method -> ": " + method.name() + " reinterprets more than " + MAX_CASTS));
  }

  @Test
  void noFileKnowsAMachine() throws IOException {
    List<String> complaints = new ArrayList<>();
    for (Path file : projectTextFiles()) {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      for (int i = 0; i < lines.size(); i++) {
        if (MACHINE_PATH.matcher(lines.get(i)).find()) {
          complaints.add(root.relativize(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
        }
      }
    }
    assertEquals("", String.join("\n", complaints));
  }

  /** Every text that belongs to the project; what builds and tools leave behind does not. */
  private static List<Path> projectTextFiles() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .filter(
              file -> {
                Path relative = root.relativize(file);
                for (Path part : relative) {
                  if (Set.of("target", ".git", ".loupe", ".idea", "node_modules", ".hypothesis")
                      .contains(part.toString())) {
                    return false;
                  }
                }
                String name = file.getFileName().toString();
                int dot = name.lastIndexOf('.');
                return dot < 0 || TEXT_FILES.contains(name.substring(dot + 1));
              })
          .sorted()
          .toList();
    }
  }
}
