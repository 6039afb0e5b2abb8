package loupe.reference;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import loupe.reference.PackedProduct.Operand;

/**
 * One call of attention of {@link Float32}, cut into blocks: some queries of all heads that share a
 * key head, so that scores are never held all at once. Many queries use packed keys and values; few
 * (decode) use them as they come. Both give the same bits.
 */
final class AttentionBlocks {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int FEW_QUERIES = 3;
  private static final int QUERIES = 24;

  final FloatKernels kernels;
  final PackedProduct product;
  final Span span;
  final int heads;
  final int keyHeads;
  final int headSize;

  /** Whether the operands are packed. */
  final boolean packed;

  /** First key of all, and the multiple of 16 at or before it, where packed values begin. */
  final int firstKey;

  final int alignedKey;

  private final Float32Products products;
  private final int queriesPerBlock;
  private final AtomicBoolean overflow = new AtomicBoolean();

  /** Keys, {@code d_head} long, and values transposed, one row for each element of d_head. */
  private final Panels keyPanels;

  private final Panels valuePanels;
  private float[] q;
  private FloatRows keys;
  private FloatRows values;
  private float[] packedKeys;
  private float[] packedValues;

  AttentionBlocks(
      FloatKernels kernels,
      Float32Products products,
      Span span,
      int heads,
      int headSize,
      int keyHeads) {
    this.kernels = kernels;
    this.products = products;
    this.product = new PackedProduct(kernels);
    this.span = span;
    this.heads = heads;
    this.headSize = headSize;
    this.keyHeads = keyHeads;
    this.packed = span.queries() > FEW_QUERIES;
    this.queriesPerBlock = packed ? QUERIES : Math.max(1, span.queries());
    this.firstKey = span.queries() == 0 ? 0 : span.firstKey(0);
    this.alignedKey = firstKey / RESIDUES * RESIDUES;
    this.keyPanels = new Panels(kernels.panelColumns(), headSize);
    this.valuePanels = new Panels(kernels.panelColumns(), span.keys() - alignedKey);
  }

  private int keyCount() {
    return span.keys() - firstKey;
  }

  private long work() {
    return (long) span.queries() * heads * headSize * keyCount();
  }

  /** Lets blocks compute scores of {@code queries} {@code [pos, head, d_head]}. */
  void useKeys(float[] queries, FloatRows rows) {
    this.q = queries;
    this.keys = rows;
    if (packed) {
      long size = Panels.FIRST + keyHeads * keyPanels.size(keyCount());
      packedKeys = Scratch.ofThread().floats(Scratch.Use.SHARED_PANELS, size);
      products.run(keyHeads * keyPanels.groups(keyCount()), work(), this::packKeys);
    }
  }

  private void packKeys(int task) {
    int panels = keyPanels.groups(keyCount());
    int key = firstKey + task % panels * kernels.panelColumns();
    int to = Panels.FIRST + task * keyPanels.groupSize();
    int count = Math.min(kernels.panelColumns(), span.keys() - key);
    keyPanels.clear(packedKeys, to, count, headSize);
    keyPanels.packRows(
        keys.data(), keys.offset(task / panels, key), headSize, count, 0, headSize, packedKeys, to);
  }

  /** Lets blocks mix values. */
  void useValues(FloatRows rows) {
    this.values = rows;
    if (packed) {
      long size = Panels.FIRST + keyHeads * valuePanels.size(headSize);
      packedValues = Scratch.ofThread().floats(Scratch.Use.SHARED_VALUES, size);
      products.run(keyHeads * valuePanels.groups(headSize), work(), this::packValues);
    }
  }

  /** Some elements of the values of one key head; keys before the first have weight 0. */
  private void packValues(int task) {
    int panels = valuePanels.groups(headSize);
    int element = task % panels * kernels.panelColumns();
    int count = Math.min(kernels.panelColumns(), headSize - element);
    int to = Panels.FIRST + task * valuePanels.groupSize();
    valuePanels.clear(packedValues, to, count, firstKey > alignedKey ? 1 : keyCount());
    valuePanels.packColumns(
        values.data(),
        values.offset(task / panels, firstKey) + element,
        headSize,
        count,
        firstKey - alignedKey,
        keyCount(),
        packedValues,
        to);
  }

  /** Packed keys of a key head, from the panel of {@code key} on, {@code count} keys. */
  Operand keys(int keyHead, int panel, int count) {
    int groups = keyPanels.groups(keyCount());
    int at = Panels.FIRST + (keyHead * groups + panel) * keyPanels.groupSize();
    return new Operand(keyPanels, packedKeys, at, count);
  }

  /**
   * Packed values of a key head: {@code count} elements of d_head from one on, keys from one on.
   */
  Operand values(int keyHead, int element, int count, int fromKey) {
    int group = keyHead * valuePanels.groups(headSize) + element / kernels.panelColumns();
    int step = (fromKey - alignedKey) / RESIDUES;
    int at = Panels.FIRST + group * valuePanels.groupSize() + valuePanels.stepOffset(step);
    return new Operand(valuePanels, packedValues, at, count);
  }

  float[] q() {
    return q;
  }

  FloatRows keyRows() {
    return keys;
  }

  FloatRows valueRows() {
    return values;
  }

  /** Notes that a score is not finite; {@link #forEach} throws in the end. */
  void noteOverflow() {
    overflow.set(true);
  }

  /** Runs {@code body} for every block, on all threads. */
  void forEach(Consumer<AttentionBlock> body) {
    int blocks = (span.queries() + queriesPerBlock - 1) / queriesPerBlock;
    products.run(
        keyHeads * blocks,
        work(),
        task -> {
          int from = task % blocks * queriesPerBlock;
          int to = Math.min(span.queries(), from + queriesPerBlock);
          body.accept(new AttentionBlock(this, task / blocks, from, to - from));
        });
    if (overflow.get()) {
      throw new NonFiniteException("attention: a scaled score is NaN or infinite");
    }
  }
}
