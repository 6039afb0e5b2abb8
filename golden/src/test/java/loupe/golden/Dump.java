package loupe.golden;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import loupe.golden.quirk.Quirk;
import loupe.reference.Arithmetic;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/** What a program dumps, in memory. */
public final class Dump implements Hook, TensorSource {
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Predicate<String> dumped;

  /** A dump of all tensors. */
  public Dump() {
    this(name -> true);
  }

  /** A dump of some tensors. */
  public Dump(Predicate<String> dumped) {
    this.dumped = dumped;
  }

  /** Runs a golden case in a program with a bug. */
  public Dump of(GoldenCase golden, Arithmetic arithmetic, Quirk quirk) {
    ModelParts parts = ModelParts.of(golden.config(), golden.model(), arithmetic);
    quirk
        .applyTo(parts)
        .model()
        .forward(quirk.applyTo(golden.tokenIds(), golden.config().bosId()), this);
    return this;
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    tensors.put(name, new HeapTensor(name, value));
    return value;
  }

  @Override
  public boolean watches(String name) {
    return dumped.test(name);
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public StoredTensor tensor(String name) {
    return tensors.get(name);
  }

  @Override
  public String origin() {
    return "a dump in memory";
  }
}
