package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import loupe.golden.GoldenCase;
import loupe.reference.FloatFormat;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;

class DumpPrecisionTest {
  private static final GoldenCase MILD = GoldenCase.of("mild");

  @Test
  void theTruthIsFloat64() {
    TensorSource trace = MILD.trace();
    assertEquals(FloatFormat.F64, DumpPrecision.of(trace, trace.names(), MILD.config()));
  }

  @Test
  void theRecordingOfHuggingFaceIsBfloat16() {
    TensorSource trace = MILD.bf16Trace().orElseThrow();
    assertEquals(FloatFormat.BF16, DumpPrecision.of(trace, trace.names(), MILD.config()));
  }

  /** Among numbers with few digits one that has more decides, wherever it is. */
  @Test
  void theFinestTensorDecides() {
    TensorSource coarse = MILD.bf16Trace().orElseThrow();
    TensorSource fine = MILD.trace();
    List<String> names = List.of("hook_embed", "hook_logits");
    assertEquals(FloatFormat.BF16, DumpPrecision.of(coarse, names, MILD.config()));
    assertEquals(FloatFormat.F64, DumpPrecision.of(fine, names, MILD.config()));
  }
}
