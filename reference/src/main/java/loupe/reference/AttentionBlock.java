package loupe.reference;

import java.util.Arrays;
import loupe.reference.PackedProduct.Operand;

/**
 * Queries {@code [firstQuery, firstQuery + queries)} of the heads that share one key head: their
 * scores, then the pattern in the same place, then the mix of values.
 */
final class AttentionBlock {
  private static final int RESIDUES = FloatKernels.RESIDUES;

  /** Keys whose values one head adds up before the next does: what stays in the L2 cache. */
  private static final int KEYS_AT_A_TIME = 64;

  private final AttentionBlocks all;
  private final FloatKernels kernels;
  private final int keyHead;
  private final int firstQuery;
  private final int queries;
  private final int group;

  /** First panel of keys that one of the queries may see. */
  private final int firstPanel;

  /** Key of the first column, a multiple of 16; not all of the first keys are ever used. */
  private final int base;

  private final int columns;

  /** Scores, then pattern: {@code [row, key]}; row r is at {@link #at}. */
  final float[] scores;

  AttentionBlock(AttentionBlocks all, int keyHead, int firstQuery, int queries) {
    this.all = all;
    this.kernels = all.kernels;
    this.keyHead = keyHead;
    this.firstQuery = firstQuery;
    this.queries = queries;
    this.group = all.heads / all.keyHeads;
    this.firstPanel = (all.span.firstKey(firstQuery) - all.firstKey) / kernels.panelColumns();
    this.base = keyOfPanel(firstPanel) / RESIDUES * RESIDUES;
    this.columns = all.span.position(firstQuery + queries - 1) + 1 - base;
    this.scores = Scratch.ofThread().floats(Scratch.Use.SCORES, (long) rows() * columns);
  }

  private int keyOfPanel(int panel) {
    return all.firstKey + panel * kernels.panelColumns();
  }

  /** Rows: each head's queries, one head after another. */
  int rows() {
    return group * queries;
  }

  int head(int row) {
    return keyHead * group + row / queries;
  }

  int query(int row) {
    return firstQuery + row % queries;
  }

  int firstKeyOf(int row) {
    return all.span.firstKey(query(row));
  }

  int keysOf(int row) {
    return all.span.position(query(row)) + 1 - firstKeyOf(row);
  }

  /** Element offset in {@link #scores} of a row's first admitted key. */
  int at(int row) {
    return row * columns + firstKeyOf(row) - base;
  }

  /** Element offset of a row's query and of its result in {@code [pos, head, d_head]}. */
  private int offset(int row) {
    return (query(row) * all.heads + head(row)) * all.headSize;
  }

  /** Fills {@link #scores} with {@code <q, k> * factor}, and notes whether one is not finite. */
  void score(float factor) {
    products();
    for (int row = 0; row < rows(); row++) {
      scale(row, factor);
    }
  }

  /**
   * Fills {@link #scores} with the pattern: the softmax of {@code s = <q, k> * factor}, or of
   * {@code tanh(s / cap) * cap} where the cap is not 0. A row goes through all steps while it is in
   * the cache.
   */
  void attend(float factor, float cap) {
    products();
    for (int row = 0; row < rows(); row++) {
      scale(row, factor);
      if (cap != 0) {
        kernels.softcap(scores, at(row), scores, at(row), keysOf(row), cap);
      }
      Float32Attention.softmaxRow(kernels, scores, at(row), keysOf(row), firstKeyOf(row));
    }
  }

  private void products() {
    if (all.packed) {
      scorePacked();
    } else {
      scoreRows();
    }
  }

  private void scale(int row, float factor) {
    if (Float.isNaN(kernels.scale(scores, at(row), keysOf(row), factor))) {
      all.noteOverflow();
    }
  }

  /** Each key is read once for a query of all heads. */
  private void scoreRows() {
    FloatRows keys = all.keyRows();
    for (int query = 0; query < queries; query++) {
      kernels.dots(
          keys.data(),
          keys.offset(keyHead, firstKeyOf(query)),
          keysOf(query),
          all.headSize,
          all.q(),
          offset(query),
          group,
          scores,
          at(query),
          queries * columns);
    }
  }

  private void scorePacked() {
    Scratch scratch = Scratch.ofThread();
    float[] rowsOfQ = scratch.floats(Scratch.Use.WEIGHTS, (long) rows() * all.headSize);
    for (int row = 0; row < rows(); row++) {
      System.arraycopy(all.q(), offset(row), rowsOfQ, row * all.headSize, all.headSize);
    }
    Operand tiles = tiles(rowsOfQ, all.headSize);
    float[] sums = scratch.floats(Scratch.Use.SUMS, all.product.sumsLength());
    int most = PackedProduct.columns(kernels);
    int[] offsets = scratch.ints(rows());
    for (int row = 0; row < rows(); row++) {
      offsets[row] = row * columns - base;
    }
    int end = base + columns;
    for (int panel = firstPanel; keyOfPanel(panel) < end; panel += most / kernels.panelColumns()) {
      int key = keyOfPanel(panel);
      int count = Math.min(most, end - key);
      Operand keys = all.keys(keyHead, panel, count);
      all.product.multiply(tiles, keys, sums, scores, offsets, key);
    }
  }

  private Operand tiles(float[] from, int width) {
    Panels panels = new Panels(kernels.tileRows(), width);
    float[] tiles = Scratch.ofThread().floats(Scratch.Use.TILES, panels.arrayLength(rows()));
    panels.clear(tiles, Panels.FIRST, rows(), width);
    panels.packRows(from, 0, width, rows(), 0, width, tiles, Panels.FIRST);
    return new Operand(panels, tiles, Panels.FIRST, rows());
  }

  /** {@code z = sum_j pattern[j] v[j]} into {@code out} {@code [pos, head, d_head]}, modified. */
  void mix(float[] out) {
    if (!all.packed || Float.isNaN(mixPacked(out))) {
      mixRows(out);
    }
  }

  private float mixPacked(float[] out) {
    for (int row = 0; row < rows(); row++) {
      int from = row * columns;
      Arrays.fill(scores, from, at(row), 0f);
      Arrays.fill(scores, at(row) + keysOf(row), from + columns, 0f);
    }
    Operand tiles = tiles(scores, columns);
    Scratch scratch = Scratch.ofThread();
    float[] sums = scratch.floats(Scratch.Use.SUMS, all.product.sumsLength());
    int[] offsets = scratch.ints(rows());
    for (int row = 0; row < rows(); row++) {
      offsets[row] = offset(row);
    }
    int most = PackedProduct.columns(kernels);
    float check = 0f;
    for (int element = 0; element < all.headSize; element += most) {
      int count = Math.min(most, all.headSize - element);
      Operand values = all.values(keyHead, element, count, base);
      check += all.product.multiply(tiles, values, sums, out, offsets, element);
    }
    return check;
  }

  /** The definition: a key that is not admitted adds nothing, even where it is not finite. */
  private void mixRows(float[] out) {
    int size = RESIDUES * all.headSize;
    float[] sums = Scratch.ofThread().floats(Scratch.Use.SUMS, Panels.FIRST + (long) group * size);
    for (int query = 0; query < queries; query++) {
      Arrays.fill(sums, Panels.FIRST, Panels.FIRST + group * size, 0f);
      int keys = keysOf(query);
      for (int from = 0; from < keys; from += KEYS_AT_A_TIME) {
        int to = Math.min(keys, from + KEYS_AT_A_TIME);
        for (int head = 0; head < group; head++) {
          addValues(head * queries + query, from, to, sums, Panels.FIRST + head * size);
        }
      }
      for (int head = 0; head < group; head++) {
        int row = head * queries + query;
        int at = Panels.FIRST + head * size;
        Float32Products.addUp(kernels, sums, at, all.headSize, all.headSize, out, offset(row));
      }
    }
  }

  /** Adds the values of some of a row's keys to its partial sums {@code [16, d_head]}, modified. */
  private void addValues(int row, int fromKey, int toKey, float[] sums, int sumsOffset) {
    float[] values = all.valueRows().data();
    int width = all.headSize;
    int first = firstKeyOf(row);
    int value = all.valueRows().offset(keyHead, first);
    for (int i = fromKey; i < Math.min(toKey, fromKey + RESIDUES); i++) {
      kernels.addMultiples(
          scores,
          at(row) + i,
          RESIDUES,
          values,
          value + i * width,
          RESIDUES * width,
          (toKey - i + RESIDUES - 1) / RESIDUES,
          sums,
          sumsOffset + (first + i) % RESIDUES * width,
          width);
    }
  }
}
