package loupe.sae;

import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * Replaces every row of one tensor by the same vector: by 0, or by the mean over a data set. The
 * loss that this costs is what {@link SpliceLoss} measures a splice against.
 */
public final class SiteAblationHook implements Hook {
  private final String name;
  private final Arithmetic arithmetic;
  private final double[] vector;
  private final RowFilter filter;
  private long fired;

  /**
   * A replacement of the tensor {@code name}.
   *
   * @param vector as many elements as a row has; copied
   */
  public SiteAblationHook(String name, Arithmetic arithmetic, double[] vector, RowFilter filter) {
    this.name = name;
    this.arithmetic = arithmetic;
    this.vector = vector.clone();
    this.filter = filter;
  }

  /** As below, but {@code <bos>} is left alone: {@link RowFilter#DEFAULT}. */
  public static SiteAblationHook byZero(AttachedSae attached) {
    return byZero(attached, RowFilter.DEFAULT);
  }

  /** A replacement by 0 at the output site of an SAE. */
  public static SiteAblationHook byZero(AttachedSae attached, RowFilter filter) {
    return new SiteAblationHook(
        attached.at().output(),
        attached.sae().arithmetic(),
        new double[attached.sae().dOut()],
        filter);
  }

  /** Rows that were replaced so far. */
  public long fired() {
    return fired;
  }

  @Override
  public boolean watches(String tensorName) {
    return tensorName.equals(name);
  }

  @Override
  public Tensor at(String tensorName, Tensor value, Rows rows) {
    RowSelection selection = RowSelection.of(rows, filter);
    if (!watches(tensorName) || selection.count() == 0) {
      return value;
    }
    fired += selection.count();
    double[] repeated = new double[selection.count() * vector.length];
    for (int i = 0; i < repeated.length; i++) {
      repeated[i] = vector[i % vector.length];
    }
    return selection.scatter(value, arithmetic.tensor(repeated, selection.count(), vector.length));
  }
}
