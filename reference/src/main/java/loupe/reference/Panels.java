package loupe.reference;

/** Moves the operands of a product into the order that {@link FloatKernels} wants. */
final class Panels {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int TILE_ROWS = FloatKernels.TILE_ROWS;

  private Panels() {}

  /** Elements k of one residue class, with room for all. */
  static int steps(int k) {
    return (k + RESIDUES - 1) / RESIDUES;
  }

  /** Tiles that hold {@code rows} rows. */
  static int tiles(int rows) {
    return (rows + TILE_ROWS - 1) / TILE_ROWS;
  }

  /** Elements of the tiles of {@code rows} rows of {@code k} elements. */
  static int tilesSize(int rows, int k) {
    return tiles(rows) * TILE_ROWS * RESIDUES * steps(k);
  }

  /**
   * Rows into tiles {@code [residue][tile][k / 16][row of tile]}, the missing rows of the last tile
   * as zeros.
   *
   * @param from rows of {@code k} elements, {@code stride} apart
   * @param to modified
   */
  static void packTiles(
      float[] from, int fromOffset, int stride, int rows, int k, float[] to, int toOffset) {
    int steps = steps(k);
    int tiles = tiles(rows);
    for (int row = 0; row < tiles * TILE_ROWS; row++) {
      int at = toOffset + row / TILE_ROWS * steps * TILE_ROWS + row % TILE_ROWS;
      for (int residue = 0; residue < RESIDUES; residue++) {
        int target = at + residue * tiles * steps * TILE_ROWS;
        int source = fromOffset + row * stride + residue;
        for (int step = 0; step < steps; step++) {
          boolean inside = row < rows && residue + step * RESIDUES < k;
          to[target + step * TILE_ROWS] = inside ? from[source + step * RESIDUES] : 0f;
        }
      }
    }
  }

  /**
   * Columns into a panel {@code [residue][k / 16][column]}, each column a row of {@code from}: a
   * transposition. Missing columns become zeros.
   *
   * @param from {@code columns} rows of {@code k} elements, {@code stride} apart
   * @param to modified
   * @param residueStride elements from one residue to the next in {@code to}
   */
  static void packPanelOfRows(
      float[] from,
      int fromOffset,
      int stride,
      int columns,
      int k,
      float[] to,
      int toOffset,
      int residueStride,
      int width) {
    for (int column = 0; column < width; column++) {
      for (int i = 0; i < k; i++) {
        to[toOffset + i % RESIDUES * residueStride + i / RESIDUES * width + column] =
            column < columns ? from[fromOffset + column * stride + i] : 0f;
      }
    }
  }

  /**
   * As {@link #packPanelOfRows}, where {@code from} has k along its rows: {@code k} rows of {@code
   * columns} elements, {@code stride} apart. The first row is element {@code firstK}.
   */
  static void packPanelOfColumns(
      float[] from,
      int fromOffset,
      int stride,
      int columns,
      int firstK,
      int k,
      float[] to,
      int toOffset,
      int residueStride,
      int width) {
    for (int i = 0; i < k; i++) {
      int target =
          toOffset + (firstK + i) % RESIDUES * residueStride + (firstK + i) / RESIDUES * width;
      int source = fromOffset + i * stride;
      for (int column = 0; column < columns; column++) {
        to[target + column] = from[source + column];
      }
      for (int column = columns; column < width; column++) {
        to[target + column] = 0f;
      }
    }
  }
}
