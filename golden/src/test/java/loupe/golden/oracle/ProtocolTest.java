package loupe.golden.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** What is written about the protocol is what the table of operations says. */
class ProtocolTest {
  private static final String BEGIN = "## Errors\n";

  @Test
  void theSchemaInTheJarIsThatOfTheTable() throws IOException {
    Files.writeString(Path.of("target", "schema.json"), Schemas.text());
    try (InputStream in = Schemas.class.getResourceAsStream("/loupe/oracle/schema.json")) {
      assertEquals(Schemas.text(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void theDocumentDescribesEveryErrorAndOperation() throws IOException {
    String document = Files.readString(Path.of("PROTOCOL.md"));
    int begin = document.indexOf(BEGIN);
    String byHand = begin < 0 ? document : document.substring(0, begin);
    Files.writeString(Path.of("target", "PROTOCOL.md"), byHand + generated());
    assertEquals(generated(), document.substring(byHand.length()));
  }

  @Test
  void theExampleOfTheDocumentIsWhatTheOracleSays() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("PROTOCOL.md"));
    int at = lines.indexOf("```console") + 1;
    String request = lines.get(at).replaceAll("^\\$ echo '|' \\| loupe serve --stdio$", "");
    Oracle oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "test");
    assertEquals(oracle.answer(request).json(), lines.get(at + 1));
  }

  private static String generated() {
    StringBuilder text = new StringBuilder(BEGIN + "\n| code | meaning |\n|---|---|\n");
    for (ErrorCode code : ErrorCode.values()) {
      text.append("| `%s` | %s |\n".formatted(code.id(), code.meaning()));
    }
    text.append("\n## Operations\n\nAn axis name is one length in all arguments of a request.\n");
    text.append(
        "`...` is any shape. An argument in brackets may be left out. An activation is exact;\n");
    text.append("a weight is rounded to the precision that is judged when it is loaded.\n");
    for (Operation operation : Operations.all().values()) {
      text.append("\n### `%s`\n\n%s\n".formatted(operation.name(), operation.meaning()));
      if (!operation.formula().isEmpty()) {
        text.append("\n    " + operation.formula().replace(": y[p]", ":\n    y[p]") + "\n");
      }
      text.append("\n");
      for (Parameter p : operation.parameters()) {
        String name = p.required() ? "`" + p.name() + "`" : "[`" + p.name() + "`]";
        String what = p.kind().name().toLowerCase(java.util.Locale.ROOT);
        String range = p.range().text().isEmpty() ? "" : ", " + p.range().text();
        text.append("- %s: %s%s%s: %s\n".formatted(name, what, axes(p.axes()), range, p.meaning()));
      }
      for (Result r : operation.results()) {
        String what = r.kind().name().toLowerCase(java.util.Locale.ROOT);
        text.append(
            "- returns `%s`: %s%s: %s\n".formatted(r.name(), what, axes(r.axes()), r.meaning()));
      }
    }
    return text.toString();
  }

  private static String axes(List<String> axes) {
    return axes.isEmpty() ? "" : " `" + axes + "`";
  }
}
