package loupe.reference;

/**
 * Rows of values with their radii, as a cache of this format holds them; drifts are not kept, for
 * what is inherited is drift.
 */
final class BoundedRows implements RowBuffer {
  private final FloatFormat format;
  private final DoubleRows values;
  private final DoubleRows radii;
  private boolean exact = true;

  /** Rows that are rounded to a format as they come; F64 for as they are. */
  BoundedRows(int heads, int headSize, FloatFormat format) {
    this.format = format;
    this.values = new DoubleRows(heads, headSize);
    this.radii = new DoubleRows(heads, headSize);
  }

  DoubleRows values() {
    return values;
  }

  DoubleRows radii() {
    return radii;
  }

  /** Whether all radii ever appended were 0. */
  boolean isExact() {
    return exact;
  }

  @Override
  public int firstPosition() {
    return values.firstPosition();
  }

  @Override
  public int endPosition() {
    return values.endPosition();
  }

  @Override
  public int heads() {
    return values.heads();
  }

  @Override
  public int headSize() {
    return values.headSize();
  }

  @Override
  public void append(Tensor rows) {
    BoundedTensor given = (BoundedTensor) rows;
    BoundedTensor held = format == FloatFormat.F64 ? given : BoundedCasts.to(format, given);
    exact &= held.isExact();
    values.append(new DoubleTensor(held.values(), held.shape()));
    radii.append(new DoubleTensor(held.radii(), held.shape()));
  }

  @Override
  public void forgetBefore(int position) {
    values.forgetBefore(position);
    radii.forgetBefore(position);
  }

  @Override
  public void truncate(int position) {
    values.truncate(position);
    radii.truncate(position);
  }

  @Override
  public BoundedTensor snapshot() {
    double[] held = radii.snapshot().data();
    DoubleTensor rows = values.snapshot();
    return new BoundedTensor(rows.data(), held, held, rows.shape());
  }
}
