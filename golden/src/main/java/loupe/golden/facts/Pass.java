package loupe.golden.facts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Sequence;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** One forward pass over a prompt, and some of its intermediates. */
final class Pass {
  private final Map<String, Tensor> seen;
  private final Tensor last;

  private Pass(Map<String, Tensor> seen, Tensor last) {
    this.seen = seen;
    this.last = last;
  }

  static Pass of(Gemma2 model, int[] ids, String... names) {
    return edited(model, ids, Hook.NONE, List.of(names));
  }

  /** A pass whose values {@code edit} may change; what is kept are the changed ones. */
  static Pass edited(Gemma2 model, int[] ids, Hook edit, List<String> names) {
    Map<String, Tensor> seen = new HashMap<>();
    Hook hook =
        new Hook() {
          @Override
          public boolean watches(String name) {
            return names.contains(name) || edit.watches(name);
          }

          @Override
          public Tensor at(String name, Tensor value, Rows rows) {
            Tensor after = edit.watches(name) ? edit.at(name, value, rows) : value;
            if (names.contains(name)) {
              seen.put(name, after);
            }
            return after;
          }
        };
    Tensor last =
        model.forward(List.of(new Sequence(ids, model.newCache())), hook, Gemma2.LogitRows.LAST);
    return new Pass(seen, last);
  }

  /** An intermediate; {@link InputException} where the model has none of this name. */
  Tensor at(String name) {
    Tensor value = seen.get(name);
    if (value == null) {
      throw new InputException("the model has no tensor " + name);
    }
    return value;
  }

  /** What the model expects after the last token. */
  Distribution next() {
    return new Distribution(last, 0);
  }

  /** The logits of the last token. */
  Tensor lastLogits() {
    return last;
  }

  /** One row of an intermediate. */
  double[] row(String name, int row) {
    return at(name).rows(row, row + 1).toDoubles();
  }

  static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
