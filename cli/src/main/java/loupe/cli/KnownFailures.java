package loupe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import loupe.golden.check.Report;
import loupe.golden.check.TensorGrade;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Tensors that are known to fail: one name a line, {@code #} begins a comment. Such a list cannot
 * rot: a name that passes, or that the dump does not have, is an error.
 */
final class KnownFailures {
  private final Path file;
  private final Map<String, Integer> lines;

  private KnownFailures(Path file, Map<String, Integer> lines) {
    this.file = file;
    this.lines = lines;
  }

  /** Reads a list. */
  static KnownFailures read(Path file) throws IOException {
    Map<String, Integer> lines = new LinkedHashMap<>();
    int number = 0;
    for (String line : TextOptions.decode(Files.readAllBytes(file), file.toString()).split("\n")) {
      number++;
      String name = line.replaceFirst("#.*", "").strip();
      if (!name.isEmpty() && lines.put(name, number) != null) {
        throw new MalformedFileException(
            file.toString(), "line " + number, name + " is listed twice");
      }
    }
    return new KnownFailures(file, lines);
  }

  /** The failures that are not listed, in the order of computation. */
  List<String> unlisted(Report report) {
    return report.tensors().stream()
        .filter(grade -> grade.verdict().isBad() && !lines.containsKey(grade.name()))
        .map(TensorGrade::name)
        .toList();
  }

  /**
   * Refuses a list that is out of date.
   *
   * @throws InputException if a tensor that is listed passes or was not compared
   */
  void requireFailing(Report report) {
    Map<String, TensorGrade> grades =
        report.tensors().stream().collect(Collectors.toMap(TensorGrade::name, grade -> grade));
    lines.forEach(
        (name, number) -> {
          TensorGrade grade = grades.get(name);
          if (grade == null || !grade.verdict().isBad()) {
            throw new MalformedFileException(
                file.toString(),
                "line " + number,
                name
                    + (grade == null
                        ? " was not compared"
                        : " is " + grade.verdict().text() + " now")
                    + "; take it off the list");
          }
        });
  }

  int size() {
    return lines.size();
  }
}
