package loupe.sae;

import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * Steering: {@code a + sum_i c_i * W_dec[k_i]} at the SAE's output site, in every row that the
 * filter accepts, at prefill and at decode alike. Needs no activation of the SAE. Where decoder
 * rows have length 1, c is in units of activation.
 */
public final class SteerHook implements Hook {
  private final AttachedSae attached;
  private final List<Weight> steps;
  private final RowFilter filter;
  private long fired;

  /**
   * One direction to steer in.
   *
   * @param feature k
   * @param coefficient c
   */
  public record Push(int feature, double coefficient) {
    public Push {
      if (!Double.isFinite(coefficient)) {
        throw new InputException("cannot steer feature " + feature + " by " + coefficient);
      }
    }
  }

  /** Steering that leaves {@code <bos>} alone: {@link RowFilter#DEFAULT}. */
  public SteerHook(AttachedSae attached, List<Push> pushes) {
    this(attached, pushes, RowFilter.DEFAULT);
  }

  /**
   * Steering in these directions, added one after another.
   *
   * @param filter which rows are steered, such as {@link RowFilter#allButBos}
   * @throws InputException if there is no such feature, or its direction is not finite
   */
  public SteerHook(AttachedSae attached, List<Push> pushes, RowFilter filter) {
    this.attached = attached;
    this.filter = filter;
    this.steps = pushes.stream().map(this::step).toList();
  }

  private Weight step(Push push) {
    Arithmetic a = attached.sae().arithmetic();
    Tensor row = a.scale(attached.directions(push.feature()), push.coefficient());
    String name = push.coefficient() + " * W_dec[" + push.feature() + "]";
    return a.weight(new HeapTensor(name, row.reshape(row.size())));
  }

  /** Rows that were steered so far. */
  public long fired() {
    return fired;
  }

  @Override
  public boolean watches(String name) {
    return name.equals(attached.at().output());
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    RowSelection selection = RowSelection.of(rows, filter);
    if (!watches(name) || selection.count() == 0) {
      return value;
    }
    fired += selection.count();
    Tensor steered = selection.gather(value);
    for (Weight step : steps) {
      steered = attached.sae().arithmetic().addBias(steered, step);
    }
    return selection.scatter(value, steered);
  }
}
