package loupe.tests.ports;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import loupe.gemma2.Gemma2;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.tests.arbitraries.TensorMap;

/** What a port dumped: its tensors by our names. */
public final class Dump implements Hook {
  private final Predicate<String> wanted;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private Dump(Predicate<String> wanted) {
    this.wanted = wanted;
  }

  /** The tensors of these names of one pass. */
  public static TensorSource of(Gemma2 port, int[] ids, Predicate<String> wanted) {
    Dump dump = new Dump(wanted);
    port.forward(ids, dump);
    return new TensorMap(dump.tensors);
  }

  @Override
  public boolean watches(String name) {
    return wanted.test(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    tensors.put(name, new HeapTensor(name, value));
    return value;
  }
}
