package loupe.golden.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What other programs themselves wrote; golden/make/dumps.py, dump_program.py and dump_candle_mi.rs
 * make the files.
 */
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

  /**
   * A program's dump of layer 0 and of what comes after the last layer.
   *
   * @param policy by which it passes
   * @param compared tensors of ours that it has
   * @param skipped why the others were left out, other names of the same tensor aside
   */
  private record Real(
      String file, String dialect, String policy, int compared, Set<String> skipped) {
    Reading reading() {
      return read(SafetensorsFile.open(RealDumpTest.file(file + ".safetensors")));
    }

    Set<String> reasons() {
      return reading().skipped().stream()
          .map(Report.Skipped::reason)
          .filter(reason -> !reason.startsWith("the same as "))
          .collect(Collectors.toSet());
    }

    Report report() {
      Reading reading = reading();
      List<Candidate> all = Candidate.of(FloatFormat.F32, PortContract.ELEMENTARY_ULP);
      return new Grader(MILD.config(), MILD.model(), Workers.of(1))
          .grade(IDS, reading.source(), all);
    }

    @Override
    public String toString() {
      return file;
    }
  }

  private static final String BY_HEAD =
      "the output split by head; the sum over heads is attn.hook_out; not"
          + " blocks.{layer}.attn.hook_out";
  private static final String SCALE = "the root mean square of each row";
  private static final String POST_NORM =
      "normalized, before the gain of a post norm, for which there is no name here";
  private static final Set<String> OF_HOOKED = Set.of(BY_HEAD, SCALE, POST_NORM);
  private static final Set<String> OF_BRIDGE =
      Set.of(
          SCALE,
          POST_NORM,
          "the token ids",
          "cosines of the rotation",
          "sines of the rotation",
          "a tensor of which the rotary embedding uses the type only");

  private static Stream<Real> rightOnes() {
    String lens = "transformer-lens";
    return Stream.of(
        new Real("transformer-lens-hooked", lens, "f32", 23, OF_HOOKED),
        new Real("transformer-lens-hooked-split", lens, "f32", 23, OF_HOOKED),
        new Real("transformer-lens-hooked-folded", lens, "tl-folded", 23, OF_HOOKED),
        new Real("transformer-lens-bridge", lens, "f32", 28, OF_BRIDGE),
        new Real("nnterp", "nnterp", "f32", 11, Set.of()),
        new Real("interp-engine", "interp-engine", "f32", 20, Set.of()),
        new Real(
            "mishax",
            "mishax",
            "f32",
            18,
            Set.of(
                "blocks.{layer}.attn.hook_rot_q times query_pre_attn_scalar^-0.5, which is no power"
                    + " of two")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rightOnes")
  void whatProgramsWroteIsRecognisedAndPasses(Real real) {
    assertEquals(real.dialect, real.reading().dialect());
    assertEquals(real.compared, real.reading().tensors().size());
    assertEquals(real.skipped, real.reasons());
    Report report = real.report();
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
    assertEquals(real.policy, report.candidate().contract().name());
  }

  /** The golden cases' config says hidden_act gelu, which hidden_activation overrules (P45). */
  @Test
  void theBridgeOfTransformerLensTakesGeluByErfWhereItFoldsNorms() {
    Real real =
        new Real("transformer-lens-bridge-folded", "transformer-lens", "tl-folded", 28, OF_BRIDGE);
    assertEquals(real.skipped, real.reasons());
    Report report = real.report();
    assertEquals(Report.Outcome.FAIL, report.outcome());
    assertEquals("tl-folded", report.candidate().contract().name());
    assertEquals("blocks.0.mlp.hook_post", report.firstDivergence().orElseThrow().name());
    assertEquals("gelu-erf", report.diagnosis().get(0).quirk().name());
  }

  @Test
  void candleMiShowsOneKeyTooManyInItsWindow() {
    Real real = new Real("candle-mi", "candle-mi", "f32", 15, Set.of());
    assertEquals(real.dialect, real.reading().dialect());
    assertEquals(real.compared, real.reading().tensors().size());
    Report report = real.report();
    assertEquals(Report.Outcome.FAIL, report.outcome());
    assertEquals("blocks.0.attn.hook_pattern", report.firstDivergence().orElseThrow().name());
    assertEquals("window-one-more", report.diagnosis().get(0).quirk().name());
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
