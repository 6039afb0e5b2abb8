package loupe.reference;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One call of attention of {@link Float32}, cut into blocks: some queries of all heads that share a
 * key head, so that scores are never held all at once. Many queries use packed keys and values; few
 * (decode) use them as they come. Both give the same bits.
 */
final class AttentionBlocks {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int FEW_QUERIES = 3;
  private static final int QUERIES = 16;

  private final FloatKernels kernels;
  private final Float32Products products;
  private final Span span;
  private final int heads;
  private final int keyHeads;
  private final int headSize;
  private final int group;
  private final boolean packed;
  private final int queriesPerBlock;
  private final int panelWidth;

  /** First key of all, and the multiple of 16 at or before it. */
  private final int firstKey;

  private final int alignedKey;
  private final AtomicBoolean overflow = new AtomicBoolean();

  private float[] q;
  private FloatRows keys;
  private float[] keyPanels;
  private FloatRows values;
  private float[] valuePanels;

  AttentionBlocks(
      FloatKernels kernels,
      Float32Products products,
      Span span,
      int heads,
      int headSize,
      int keyHeads) {
    this.kernels = kernels;
    this.products = products;
    this.span = span;
    this.heads = heads;
    this.headSize = headSize;
    this.keyHeads = keyHeads;
    this.group = heads / keyHeads;
    this.packed = span.queries() > FEW_QUERIES;
    this.queriesPerBlock = packed ? QUERIES : Math.max(1, span.queries());
    this.panelWidth = kernels.panelWidth();
    this.firstKey = span.queries() == 0 ? 0 : span.firstKey(0);
    this.alignedKey = firstKey / RESIDUES * RESIDUES;
  }

  private int keyCount() {
    return span.keys() - firstKey;
  }

  private long work() {
    return (long) span.queries() * heads * headSize * keyCount();
  }

  private int keyPanelSize() {
    return RESIDUES * Panels.steps(headSize) * panelWidth;
  }

  private int keyPanelCount() {
    return (keyCount() + panelWidth - 1) / panelWidth;
  }

  private int valueSteps() {
    return Panels.steps(span.keys() - alignedKey);
  }

  private int valuePanelSize() {
    return RESIDUES * valueSteps() * panelWidth;
  }

  private int valuePanelCount() {
    return (headSize + panelWidth - 1) / panelWidth;
  }

  /** Lets blocks compute scores of {@code q} {@code [pos, head, d_head]}. */
  void useKeys(float[] queries, FloatRows rows) {
    this.q = queries;
    this.keys = rows;
    if (packed) {
      int panels = keyPanelCount();
      long size = (long) keyHeads * panels * keyPanelSize();
      keyPanels = Scratch.ofThread().floats(Scratch.Use.SHARED_PANELS, size);
      products.run(keyHeads * panels, work(), this::packKeys);
    }
  }

  private void packKeys(int task) {
    int key = firstKey + task % keyPanelCount() * panelWidth;
    Panels.packPanelOfRows(
        keys.data(),
        keys.offset(key) + task / keyPanelCount() * headSize,
        keys.width(),
        Math.min(panelWidth, span.keys() - key),
        headSize,
        keyPanels,
        task * keyPanelSize(),
        Panels.steps(headSize) * panelWidth,
        panelWidth);
  }

  /** Lets blocks mix values. */
  void useValues(FloatRows rows) {
    this.values = rows;
    if (packed) {
      long size = (long) keyHeads * valuePanelCount() * valuePanelSize();
      valuePanels = Scratch.ofThread().floats(Scratch.Use.SHARED_VALUES, size);
      products.run(keyHeads * valuePanelCount(), work(), this::packValues);
    }
  }

  private void packValues(int task) {
    int column = task % valuePanelCount() * panelWidth;
    int residueStride = valueSteps() * panelWidth;
    int to = task * valuePanelSize();
    // Keys before the first have weight 0, but what the array last held may be NaN.
    for (int residue = 0; residue < firstKey - alignedKey; residue++) {
      Arrays.fill(
          valuePanels, to + residue * residueStride, to + residue * residueStride + panelWidth, 0f);
    }
    Panels.packPanelOfColumns(
        values.data(),
        values.offset(firstKey) + task / valuePanelCount() * headSize + column,
        values.width(),
        Math.min(panelWidth, headSize - column),
        firstKey - alignedKey,
        keyCount(),
        valuePanels,
        to,
        residueStride,
        panelWidth);
  }

  /** Runs {@code body} for every block, on all threads. */
  void forEach(Consumer<Block> body) {
    int blocks = (span.queries() + queriesPerBlock - 1) / queriesPerBlock;
    products.run(
        keyHeads * blocks,
        work(),
        task -> {
          int from = task % blocks * queriesPerBlock;
          int to = Math.min(span.queries(), from + queriesPerBlock);
          body.accept(new Block(task / blocks, from, to - from));
        });
    if (overflow.get()) {
      throw new NonFiniteException("attention: a scaled score is NaN or infinite");
    }
  }

  /** Queries {@code [firstQuery, firstQuery + queries)} of the heads of one key head. */
  final class Block {
    private final int keyHead;
    private final int firstQuery;
    private final int queries;

    /** Key of the first column, a multiple of 16; not all of the first keys are ever used. */
    private final int base;

    private final int columns;

    /** Scores, then pattern: {@code [row, key]}; row r is at {@link #at}. */
    final float[] scores;

    Block(int keyHead, int firstQuery, int queries) {
      this.keyHead = keyHead;
      this.firstQuery = firstQuery;
      this.queries = queries;
      int panel = (span.firstKey(firstQuery) - firstKey) / panelWidth;
      this.base = (firstKey + panel * panelWidth) / RESIDUES * RESIDUES;
      this.columns = span.position(firstQuery + queries - 1) + 1 - base;
      this.scores = Scratch.ofThread().floats(Scratch.Use.SCORES, (long) rows() * columns);
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
      return span.firstKey(query(row));
    }

    int keysOf(int row) {
      return span.position(query(row)) + 1 - firstKeyOf(row);
    }

    /** Element offset in {@link #scores} of a row's first admitted key. */
    int at(int row) {
      return row * columns + firstKeyOf(row) - base;
    }

    /** Fills {@link #scores} with {@code <q, k> * factor}, and notes whether one is not finite. */
    void score(float factor) {
      if (packed) {
        scorePacked();
      } else {
        scoreRows();
      }
      float check = 0f;
      for (int row = 0; row < rows(); row++) {
        check += kernels.scale(scores, at(row), keysOf(row), factor);
      }
      if (Float.isNaN(check)) {
        overflow.set(true);
      }
    }

    private int queryOffset(int row) {
      return (query(row) * heads + head(row)) * headSize;
    }

    private void scoreRows() {
      for (int row = 0; row < rows(); row++) {
        int key = keys.offset(firstKeyOf(row)) + keyHead * headSize;
        int at = at(row);
        for (int i = 0; i < keysOf(row); i++) {
          int from = key + i * keys.width();
          scores[at + i] = kernels.dot(q, queryOffset(row), keys.data(), from, headSize);
        }
      }
    }

    private void scorePacked() {
      Scratch scratch = Scratch.ofThread();
      int tileCount = Panels.tiles(rows());
      float[] rowsOfQ = scratch.floats(Scratch.Use.WEIGHTS, (long) rows() * headSize);
      for (int row = 0; row < rows(); row++) {
        System.arraycopy(q, queryOffset(row), rowsOfQ, row * headSize, headSize);
      }
      float[] tiles = scratch.floats(Scratch.Use.TILES, Panels.tilesSize(rows(), headSize));
      Panels.packTiles(rowsOfQ, 0, headSize, rows(), headSize, tiles, 0);
      float[] sums = scratch.floats(Scratch.Use.SUMS, sumsSize());
      int end = base + columns;
      for (int panel = (span.firstKey(firstQuery) - firstKey) / panelWidth; ; panel++) {
        int key = firstKey + panel * panelWidth;
        if (key >= end) {
          return;
        }
        int at = (keyHead * keyPanelCount() + panel) * keyPanelSize();
        int stride = Panels.steps(headSize) * panelWidth;
        kernels.accumulate(keyPanels, at, stride, tiles, 0, tileCount, headSize, sums, 0, false);
        int count = Math.min(panelWidth, end - key);
        kernels.finish(sums, 0, tileCount, rows(), count, scores, key - base, columns);
      }
    }

    private long sumsSize() {
      return (long) RESIDUES * Panels.tiles(rows()) * FloatKernels.TILE_ROWS * panelWidth;
    }

    /** {@code tanh(s / cap) * cap} of every score, in place. */
    void softcap(float cap) {
      for (int row = 0; row < rows(); row++) {
        kernels.softcap(scores, at(row), scores, at(row), keysOf(row), cap);
      }
    }

    /** Softmax of every row, in place. */
    void softmax() {
      for (int row = 0; row < rows(); row++) {
        Float32Attention.softmaxRow(kernels, scores, at(row), keysOf(row), firstKeyOf(row));
      }
    }

    /** {@code z = sum_j pattern[j] v[j]} into {@code out} {@code [pos, head, d_head]}, modified. */
    void mix(float[] out) {
      if (!packed || Float.isNaN(mixPacked(out))) {
        mixRows(out);
      }
    }

    private float mixPacked(float[] out) {
      for (int row = 0; row < rows(); row++) {
        int from = row * columns;
        Arrays.fill(scores, from, at(row), 0f);
        Arrays.fill(scores, at(row) + keysOf(row), from + columns, 0f);
      }
      Scratch scratch = Scratch.ofThread();
      float[] tiles = scratch.floats(Scratch.Use.TILES, Panels.tilesSize(rows(), columns));
      Panels.packTiles(scores, 0, columns, rows(), columns, tiles, 0);
      float[] sums = scratch.floats(Scratch.Use.SUMS, sumsSize());
      int tileCount = Panels.tiles(rows());
      int stride = valueSteps() * panelWidth;
      int steps = (base - alignedKey) / RESIDUES;
      float check = 0f;
      for (int panel = 0; panel < valuePanelCount(); panel++) {
        int at = (keyHead * valuePanelCount() + panel) * valuePanelSize() + steps * panelWidth;
        kernels.accumulate(valuePanels, at, stride, tiles, 0, tileCount, columns, sums, 0, false);
        int column = panel * panelWidth;
        for (int row = 0; row < rows(); row += queries) {
          check +=
              kernels.finish(
                  sums,
                  row * panelWidth,
                  tileCount,
                  queries,
                  Math.min(panelWidth, headSize - column),
                  out,
                  queryOffset(row) + column,
                  heads * headSize);
        }
      }
      return check;
    }

    /** The definition: zeros of the pattern add nothing, even to a value that is not finite. */
    private void mixRows(float[] out) {
      float[] sums = Scratch.ofThread().floats(Scratch.Use.SUMS, (long) RESIDUES * headSize);
      for (int row = 0; row < rows(); row++) {
        Arrays.fill(sums, 0, RESIDUES * headSize, 0f);
        int first = firstKeyOf(row);
        int value = values.offset(first) + keyHead * headSize;
        for (int i = 0; i < keysOf(row); i++) {
          float weight = scores[at(row) + i];
          if (weight != 0) {
            int to = (first + i) % RESIDUES * headSize;
            kernels.addMultiple(
                weight, values.data(), value + i * values.width(), sums, to, headSize);
          }
        }
        Float32Products.addUp(sums, 0, headSize, out, queryOffset(row));
      }
    }
  }
}
