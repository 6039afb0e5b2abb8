package loupe.golden.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.AdmittedKeys;
import loupe.reference.BoundedTensor;
import loupe.reference.DoubleTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Span;
import loupe.reference.Tensor;

/**
 * Keeps intermediates of one pass over one sequence. Scores that mask or window exclude are kept as
 * +0, whatever the arithmetic leaves there, as in trace files.
 */
final class KeptTensors implements Hook {
  private final Gemma2Config config;
  private final Map<String, Tensor> kept = new HashMap<>();

  KeptTensors(Gemma2Config config, List<String> names) {
    this.config = config;
    names.forEach(name -> kept.put(name, null));
  }

  Tensor tensor(String name) {
    return kept.get(name);
  }

  @Override
  public boolean watches(String name) {
    return kept.containsKey(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    kept.put(
        name,
        HookPoints.isPerKey(name)
            ? cleared(value, AdmittedKeys.of(name, config, rows.positions()[0], rows.count()))
            : value);
    return value;
  }

  private static Tensor cleared(Tensor x, Span span) {
    double[] value = new double[x.size()];
    double[] radius = new double[x.size()];
    for (int row = 0; row < x.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int end = row * span.keys() + span.position(r);
      for (int i = row * span.keys() + span.firstKey(r); i <= end; i++) {
        value[i] = x.get(i);
        radius[i] = x instanceof BoundedTensor bounded ? bounded.radii()[i] : 0;
      }
    }
    if (x instanceof BoundedTensor) {
      return new BoundedTensor(value, radius, radius, x.shape());
    }
    return new DoubleTensor(value, x.shape()).as(x.dtype());
  }
}
