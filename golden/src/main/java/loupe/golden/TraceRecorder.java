package loupe.golden;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.loaders.SafetensorsWriter;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.Span;
import loupe.reference.Tensor;

/**
 * Writes intermediates to a safetensors file as they pass. The file is laid out before the run, so
 * memory does not grow with the trace, and each value goes to the place of its positions: the bytes
 * are the same whether the prompt is fed at once, in chunks, or token by token.
 *
 * <p>{@code [head, pos, key]} tensors are written in full, {@code [head, T, T]}. Scores that mask
 * or window exclude are written as +0, whatever the arithmetic leaves there.
 *
 * <p>For one sequence; a batch is refused.
 */
public final class TraceRecorder implements Hook, AutoCloseable {
  /** Gaps up to this many elements are written out, so that their neighbours are one piece. */
  private static final int SHORT_GAP = 1024;

  private final Gemma2Config config;
  private final int positions;
  private final DType dtype;
  private final Set<String> names;
  private final SafetensorsWriter writer;

  private TraceRecorder(
      Gemma2Config config,
      int positions,
      DType dtype,
      Set<String> names,
      SafetensorsWriter writer) {
    this.config = config;
    this.positions = positions;
    this.dtype = dtype;
    this.names = names;
    this.writer = writer;
  }

  /**
   * Lays out a trace file.
   *
   * @param file where {@link #commit} puts it; its folder must exist
   * @param positions length of the whole prompt
   * @param wanted names of {@link HookPoints#all}; the file has them in the order of the pass
   * @param dtype element type of the arithmetic that will run
   * @throws InputException if the file cannot be written
   */
  public static TraceRecorder create(
      Path file,
      Gemma2Config config,
      int positions,
      Collection<String> wanted,
      DType dtype,
      Map<String, String> metadata) {
    Set<String> names = Set.copyOf(wanted);
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (String name : HookPoints.all(config)) {
      if (names.contains(name)) {
        entries.add(new SafetensorsWriter.Entry(name, dtype, shape(name, config, positions)));
      }
    }
    if (entries.size() != names.size()) {
      throw new IllegalArgumentException("not all are tensors of this model: " + names);
    }
    return new TraceRecorder(
        config, positions, dtype, names, SafetensorsWriter.create(file, entries, metadata));
  }

  private static long[] shape(String name, Gemma2Config config, int positions) {
    int[] shape = HookPoints.shape(name, config, positions);
    long[] out = new long[shape.length];
    for (int axis = 0; axis < out.length; axis++) {
      out[axis] = shape[axis];
    }
    return out;
  }

  @Override
  public boolean watches(String name) {
    return names.contains(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    int first = rows.positions()[0];
    int last = rows.positions()[rows.count() - 1];
    if (rows.sequences()[rows.count() - 1] != 0 || last - first != rows.count() - 1) {
      throw new IllegalStateException("a trace is of one sequence, not of a batch");
    }
    Tensor stored = value.as(dtype);
    if (HookPoints.isPerKey(name)) {
      writePerKey(name, stored, AdmittedKeys.of(name, config, first, rows.count()));
    } else {
      writer.write(name, (long) first * value.rowSize(), stored);
    }
    return value;
  }

  private void writePerKey(String name, Tensor value, Span span) {
    for (int head = 0; head < value.dim(0); head++) {
      for (int r = 0; r < span.queries(); r++) {
        long row = ((long) head * positions + span.position(r)) * positions;
        int from = (head * span.queries() + r) * span.keys();
        int firstKey = span.firstKey(r);
        int end = span.position(r) + 1;
        writeZeros(name, row, firstKey, value.dtype());
        write(name, row + firstKey, value, from + firstKey, end - firstKey);
        writeZeros(name, row + end, positions - end, value.dtype());
      }
    }
  }

  private void write(String name, long elementOffset, Tensor value, int from, int count) {
    if (value instanceof FloatTensor floats) {
      writer.write(name, elementOffset, floats.data(), from, count);
    } else {
      writer.write(name, elementOffset, ((DoubleTensor) value).data(), from, count);
    }
  }

  private void writeZeros(String name, long elementOffset, int count, DType dtype) {
    if (count > SHORT_GAP) {
      writer.writeZeros(name, elementOffset, count);
    } else if (dtype == DType.F32) {
      writer.write(name, elementOffset, new float[count], 0, count);
    } else {
      writer.write(name, elementOffset, new double[count], 0, count);
    }
  }

  /**
   * Puts the finished file in its place.
   *
   * @throws IllegalStateException if a position was not seen
   * @throws InputException if the file cannot be written
   */
  public void commit() {
    writer.commit();
  }

  /** Throws the file away, unless it was committed. */
  @Override
  public void close() {
    writer.close();
  }
}
