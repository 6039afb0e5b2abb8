package loupe.golden.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.golden.GoldenCase;
import loupe.golden.check.Candidate;
import loupe.golden.check.DumpPrecision;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.loaders.ModelDebugger;
import loupe.loaders.SafetensorsFile;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** What Hugging Face transformers itself wrote; golden/make/dumps.py makes the files. */
class RealDumpTest {
  private static final GoldenCase MILD = GoldenCase.of("mild");
  private static final int[] IDS = {2, 5, 7, 9, 11};

  private static Path file(String name) {
    try {
      return Path.of(RealDumpTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Reading read(TensorSource dump) {
    return new DumpReader(MILD.config(), MILD.model(), IDS, new Renaming(List.of(), 4))
        .read(dump, Optional.empty());
  }

  private static Report grade(Reading reading, FloatFormat expected) {
    Grader grader = new Grader(MILD.config(), MILD.model(), Workers.of(1));
    TensorSource tensors = reading.source();
    FloatFormat format = DumpPrecision.of(tensors, tensors.names(), MILD.config());
    assertEquals(expected, format);
    return grader.grade(IDS, tensors, Candidate.of(format, PortContract.ELEMENTARY_ULP));
  }

  @Test
  void hooksOnEveryModuleInFloat32Pass() {
    Reading reading = read(SafetensorsFile.open(file("hf-float32.safetensors")));
    assertEquals("hf", reading.dialect());
    // All but rotated queries and keys, scores, and what norms give before their gain.
    assertEquals(3 + 17 * 4 + 1, reading.tensors().size());
    Report report = grade(reading, FloatFormat.F32);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
  }

  @Test
  void hooksOnEveryModuleInBfloat16Pass() {
    Reading reading = read(SafetensorsFile.open(file("hf-bfloat16.safetensors")));
    Report report = grade(reading, FloatFormat.BF16);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
  }

  @Test
  void whatTheModelDebuggerPrintsIsGradedAsFarAsItShows() {
    Reading reading = read(ModelDebugger.open(file("hf-debugger.json")));
    assertEquals("hf", reading.dialect());
    // It leaves out layers between the first and the last.
    assertTrue(reading.names().containsKey("blocks.3.attn.hook_q"), reading.names()::toString);
    assertTrue(!reading.names().containsKey("blocks.1.attn.hook_q"));
    Report report = grade(reading, FloatFormat.F32);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
  }
}
