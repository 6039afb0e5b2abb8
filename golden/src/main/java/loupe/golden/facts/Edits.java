package loupe.golden.facts;

import java.util.function.BiFunction;
import loupe.reference.DoubleTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** Changed values on their way through a model. */
final class Edits {
  private Edits() {}

  /** Values in the type and shape of a tensor. */
  static Tensor of(Tensor like, double[] values) {
    return new DoubleTensor(values, like.shape()).as(like.dtype());
  }

  /** A hook that changes one tensor. */
  static Hook one(String tensor, BiFunction<Tensor, Rows, Tensor> change) {
    return new Hook() {
      @Override
      public boolean watches(String name) {
        return name.equals(tensor);
      }

      @Override
      public Tensor at(String name, Tensor value, Rows rows) {
        return change.apply(value, rows);
      }
    };
  }
}
