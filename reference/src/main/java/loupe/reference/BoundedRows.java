package loupe.reference;

/** Rows of values with their radii; drifts are not kept, for what is inherited is drift. */
final class BoundedRows implements RowBuffer {
  private final DoubleRows values;
  private final DoubleRows radii;
  private boolean exact = true;

  BoundedRows(int width) {
    this.values = new DoubleRows(width);
    this.radii = new DoubleRows(width);
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
  public int width() {
    return values.width();
  }

  @Override
  public void append(Tensor rows) {
    BoundedTensor bounded = (BoundedTensor) rows;
    exact &= bounded.isExact();
    values.append(new DoubleTensor(bounded.values(), bounded.shape()));
    radii.append(new DoubleTensor(bounded.radii(), bounded.shape()));
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
    DoubleTensor held = values.snapshot();
    double[] radius = radii.snapshot().data();
    return new BoundedTensor(held.data(), radius, radius.clone(), held.shape());
  }
}
