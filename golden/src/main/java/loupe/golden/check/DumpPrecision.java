package loupe.golden.check;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.AdmittedKeys;
import loupe.reference.FloatFormat;
import loupe.reference.PartialTensor;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** In which precision a dump was computed, from its numbers alone: files may be wider. */
public final class DumpPrecision {
  private static final int BLOCK = 1 << 14;

  private DumpPrecision() {}

  /**
   * The coarsest of bf16, f16, f32 and f64 on whose grid all these tensors lie. What engines never
   * store (between a norm and its gain) does not count, where there is anything else: a program in
   * bfloat16 has it in float32. Scores that mask or window exclude do not count, nor what is not
   * finite, nor numbers in print; f32 where none is left.
   */
  public static FloatFormat of(TensorSource dump, Collection<String> names, Gemma2Config config) {
    boolean[] excluded = new boolean[FloatFormat.values().length];
    boolean isKnown = false;
    List<String> held = names.stream().filter(n -> !TeacherForcing.isNeverStored(n)).toList();
    for (String name : held.isEmpty() ? names : held) {
      StoredTensor tensor = dump.tensor(name);
      if (!isInPrint(tensor)) {
        mark(tensor, name, config, excluded);
        isKnown = true;
      }
    }
    if (!isKnown) {
      return FloatFormat.F32;
    }
    for (FloatFormat format : FloatFormat.values()) {
      if (!excluded[format.ordinal()]) {
        return format;
      }
    }
    return FloatFormat.F64;
  }

  /** Whether a tensor is known to so many digits only. */
  static boolean isInPrint(StoredTensor tensor) {
    if (tensor instanceof PartialTensor) {
      for (long i = 0; i < tensor.elementCount(); i++) {
        if (PartialTensor.slack(tensor, i) != 0) {
          return true;
        }
      }
    }
    return false;
  }

  private static void mark(
      StoredTensor tensor, String name, Gemma2Config config, boolean[] excluded) {
    long[] shape = tensor.shape();
    boolean isSquare = shape.length == 3 && shape[1] == shape[2];
    if (HookPoints.isPerKey(name) && isSquare) {
      Span span = AdmittedKeys.of(name, config, 0, Math.toIntExact(shape[1]));
      double[] row = new double[span.keys()];
      for (long from = 0, r = 0; from < tensor.elementCount(); from += row.length, r++) {
        int query = (int) (r % span.queries());
        tensor.read(from, row, 0, row.length);
        mark(Arrays.copyOfRange(row, span.firstKey(query), span.position(query) + 1), excluded);
      }
      return;
    }
    for (long from = 0; from < tensor.elementCount(); from += BLOCK) {
      double[] block = new double[(int) Math.min(BLOCK, tensor.elementCount() - from)];
      tensor.read(from, block, 0, block.length);
      mark(block, excluded);
    }
  }

  private static void mark(double[] values, boolean[] excluded) {
    for (FloatFormat format : FloatFormat.values()) {
      for (int i = 0; i < values.length && !excluded[format.ordinal()]; i++) {
        boolean isOff = Double.isFinite(values[i]) && format.round(values[i]) != values[i];
        excluded[format.ordinal()] = isOff;
      }
    }
  }
}
