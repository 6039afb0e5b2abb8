package loupe.golden.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.HookPoints;

/**
 * A report as a map: a row for each operation, in the order of computation, a column for each
 * layer. Operations outside of the layers have one column.
 *
 * @param layers number of columns
 */
public record DivergenceMap(int layers, List<Row> rows) {
  private static final String BLOCKS = "blocks.";

  /** A dump with gaps may meet an operation of a later layer first. */
  private static final List<String> ORDER = order();

  /**
   * An operation.
   *
   * @param operation the name without its layer, such as {@code attn.hook_q}
   * @param inLayers whether there is one in each layer
   * @param cells what was said of it, by layer; empty where the dump has no such tensor
   */
  public record Row(String operation, boolean inLayers, List<Optional<TensorGrade>> cells) {}

  /** The map of a report; rows of which the dump has nothing are left out. */
  public static DivergenceMap of(List<TensorGrade> grades, int layers) {
    Map<String, Row> rows = new LinkedHashMap<>();
    for (TensorGrade grade : grades) {
      String name = grade.name();
      boolean inLayers = name.startsWith(BLOCKS);
      int dot = inLayers ? name.indexOf('.', BLOCKS.length()) : -1;
      int layer = inLayers ? Integer.parseInt(name.substring(BLOCKS.length(), dot)) : 0;
      String operation = name.substring(dot + 1);
      int columns = inLayers ? layers : 1;
      rows.computeIfAbsent(operation, key -> empty(key, inLayers, columns))
          .cells
          .set(layer, Optional.of(grade));
    }
    return new DivergenceMap(layers, inOrder(List.copyOf(rows.values())));
  }

  /** The map of an SAE's tensors, all in the column of its layer. */
  public static DivergenceMap ofLayer(List<TensorGrade> grades, int layers, int layer) {
    List<Row> rows = new ArrayList<>();
    for (TensorGrade grade : grades) {
      Row row = empty(grade.name(), true, layers);
      row.cells.set(layer, Optional.of(grade));
      rows.add(row);
    }
    return new DivergenceMap(layers, List.copyOf(rows));
  }

  private static Row empty(String operation, boolean inLayers, int columns) {
    List<Optional<TensorGrade>> cells = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      cells.add(Optional.empty());
    }
    return new Row(operation, inLayers, cells);
  }

  /** What comes before the layers, the layers, what comes after: as they were first met. */
  private static List<Row> inOrder(List<Row> met) {
    List<Row> rows = new ArrayList<>(met);
    rows.sort(Comparator.comparingInt(DivergenceMap::rank));
    return List.copyOf(rows);
  }

  private static int rank(Row row) {
    return ORDER.contains(row.operation) ? ORDER.indexOf(row.operation) : ORDER.size();
  }

  private static List<String> order() {
    List<String> names = new ArrayList<>();
    names.add(HookPoints.EMBED);
    HookPoints.Layer.of(0)
        .inOrder()
        .forEach(name -> names.add(name.substring((BLOCKS + "0.").length())));
    return names;
  }
}
