package loupe.golden.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is said of a dump.
 *
 * @param candidate what was assumed of the program
 * @param tensors the judgements, in the order of computation
 * @param skipped tensors of the dump that were not judged
 * @param diagnosis known bugs that may be the reason, the best explanation first
 */
public record Report(
    Candidate candidate,
    List<TensorGrade> tensors,
    List<Skipped> skipped,
    List<Diagnosis> diagnosis) {
  /** A report without a diagnosis. */
  public Report(Candidate candidate, List<TensorGrade> tensors, List<Skipped> skipped) {
    this(candidate, tensors, skipped, List.of());
  }

  /** A tensor that was not judged. */
  public record Skipped(String name, String reason) {}

  /** The verdict on the whole dump. */
  public enum Outcome {
    PASS("pass"),
    FAIL("fail"),
    UNDECIDABLE("undecidable");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public Outcome outcome() {
    if (firstDivergence().isPresent()) {
      return Outcome.FAIL;
    }
    boolean undecided = tensors.stream().anyMatch(grade -> grade.verdict() == Verdict.UNDECIDABLE);
    return undecided ? Outcome.UNDECIDABLE : Outcome.PASS;
  }

  /** The same report with what may be the reason. */
  public Report withDiagnosis(List<Diagnosis> found) {
    return new Report(candidate, tensors, skipped, found);
  }

  /** The same report of a dump of which more was not judged. */
  public Report withSkipped(List<Skipped> more) {
    List<Skipped> all = new ArrayList<>(skipped);
    all.addAll(more);
    return new Report(candidate, tensors, List.copyOf(all), diagnosis);
  }

  /** Whether a tensor is only off in one direction. */
  public boolean isBiased() {
    return tensors.stream().anyMatch(grade -> grade.verdict() == Verdict.BIASED);
  }

  /** How much the best diagnosis explains; 0 if there is none. */
  public double bestFit() {
    return diagnosis.stream().mapToDouble(Diagnosis::fit).max().orElse(0);
  }

  /** What the verdicts rest on, one line or more each with a line feed. */
  public String premises() {
    String measured =
        tensors.stream()
            .filter(grade -> grade.verdict() != Verdict.OUTSIDE)
            .flatMap(grade -> grade.measured().stream())
            .findFirst()
            .map(one -> one.by().premises())
            .orElse("");
    return candidate.contract().text() + measured;
  }

  /** How many tensors there are before the first divergence. */
  public int explained() {
    int count = 0;
    while (count < tensors.size() && !tensors.get(count).verdict().isBad()) {
      count++;
    }
    return count;
  }

  /** The first tensor that no right port can have, or hardly any; empty unless the dump fails. */
  public Optional<TensorGrade> firstDivergence() {
    return tensors.stream().filter(grade -> grade.verdict().isBad()).findFirst();
  }
}
