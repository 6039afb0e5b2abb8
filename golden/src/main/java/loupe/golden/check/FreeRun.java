package loupe.golden.check;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** Keeps what the right inputs give, to tell inherited errors from added ones. */
final class FreeRun implements Hook {
  private final Set<String> names;
  private final Map<String, double[]> values = new HashMap<>();

  FreeRun(Set<String> names) {
    this.names = names;
  }

  Map<String, double[]> values() {
    return values;
  }

  @Override
  public boolean watches(String name) {
    return names.contains(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    values.put(name, value.toDoubles());
    return value;
  }
}
