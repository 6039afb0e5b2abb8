package loupe.golden.oracle;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The table of all operations, in the order in which they are documented. */
public final class Operations {
  private static final Map<String, Operation> ALL = new LinkedHashMap<>();

  static {
    List<Operation> all = new ArrayList<>(Inquiries.OPERATIONS);
    all.addAll(ModelOperations.OPERATIONS);
    all.addAll(SaeOperations.OPERATIONS);
    all.addAll(WholeModel.OPERATIONS);
    all.addAll(TextOperations.OPERATIONS);
    all.forEach(operation -> ALL.put(operation.name(), operation));
  }

  private Operations() {}

  /** All operations by name. */
  public static Map<String, Operation> all() {
    return Collections.unmodifiableMap(ALL);
  }
}
