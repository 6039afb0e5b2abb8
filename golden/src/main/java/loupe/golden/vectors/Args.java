package loupe.golden.vectors;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.reference.DType;
import loupe.reference.StoredTensor;

/** The arguments of a request, with numbers by formula: the same on every machine. */
final class Args {
  private static final long SEED = 2408;

  private final JsonObject json = new JsonObject();
  private final DType grid;

  Args() {
    this(DType.F32);
  }

  /**
   * @param grid of the numbers by formula, which a program with that precision must be able to hold
   */
  Args(DType grid) {
    this.grid = grid;
  }

  JsonObject json() {
    return json;
  }

  Args number(String name, double value) {
    json.add(
        name,
        value == Math.rint(value) ? new JsonPrimitive((long) value) : new JsonPrimitive(value));
    return this;
  }

  Args ids(String name, int... ids) {
    json.add(name, Asker.ids(ids));
    return this;
  }

  Args floats(String name, float[] values, int... shape) {
    json.add(name, Asker.floats(values, shape));
    return this;
  }

  /**
   * Numbers in {@code [-scale, scale)} on the grid of bfloat16, so that every precision has them.
   */
  Args random(String name, double scale, int... shape) {
    return floats(name, values(grid, name, scale, shape), shape);
  }

  static float[] values(DType grid, String name, double scale, int... shape) {
    long[] axes = java.util.Arrays.stream(shape).asLongStream().toArray();
    StoredTensor stored = FormulaWeights.tensor(name, grid, axes, SEED, new Knobs.Knob(0, scale));
    float[] values = new float[Math.toIntExact(stored.elementCount())];
    stored.read(0, values, 0, values.length);
    return values;
  }

  /** A causal pattern {@code [head, pos, pos]} with the same weight for all keys of a row. */
  Args uniform(String name, int heads, int positions, int keys) {
    float[] values = new float[heads * positions * keys];
    for (int i = 0; i < values.length; i++) {
      int key = i % keys;
      int query = i / keys % positions;
      // Rows need not sum up to 1 here, and powers of two are on every grid.
      values[i] = key <= query ? 0.25f * (1 + query % 2) : 0;
    }
    return floats(name, values, heads, positions, keys);
  }
}
