package loupe.golden.quirk;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import loupe.golden.ModelParts;
import loupe.reference.BoundedTensor;
import loupe.reference.DoubleTensor;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * The model is right, but what a reader is given under a name is another tensor: an SAE then sees
 * the wrong activation. What the reader gives back is dropped.
 */
final class ReadingQuirks {
  private ReadingQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    zoo.put("mlp-read-before-post-norm", read("hook_mlp_out", "mlp.hook_out"));
    zoo.put("transcoder-reads-the-gained-input", read("ln2.hook_normalized", "mlp.hook_in"));
    zoo.put("transcoder-reads-the-residual", read("ln2.hook_normalized", "hook_resid_mid"));
    zoo.put("transcoder-reads-the-first-norm", read("ln2.hook_normalized", "ln1.hook_normalized"));
    zoo.put("residual-read-one-layer-early", read("hook_resid_post", "hook_resid_pre"));
    zoo.put("residual-read-at-mid", read("hook_resid_post", "hook_resid_mid"));
    zoo.put("z-read-dim-first", parts -> parts.withHook(around(parts, DimensionFirst::new)));
  }

  private static UnaryOperator<Hook> around(ModelParts parts, UnaryOperator<Hook> change) {
    return outer -> change.apply(parts.around().apply(outer));
  }

  /** What is given under one name is the tensor of another. */
  static ModelChange read(String name, String instead) {
    return parts ->
        parts.withHook(around(parts, outer -> new Misread(outer, "." + name, "." + instead)));
  }

  /** Gives a reader the tensor {@code instead} under a name, as soon as both have passed. */
  private static final class Misread implements Hook {
    private final Hook outer;
    private final String kind;
    private final String instead;
    private final Map<String, Tensor> seen = new HashMap<>();
    private String waiting;

    Misread(Hook outer, String kind, String instead) {
      this.outer = outer;
      this.kind = kind;
      this.instead = instead;
    }

    @Override
    public boolean watches(String name) {
      return name.endsWith(kind) || name.endsWith(instead) || outer.watches(name);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      if (name.endsWith(kind)) {
        Tensor wrong = seen.remove(name.replace(kind, instead));
        if (wrong == null) {
          waiting = name;
        } else {
          give(name, wrong, rows);
        }
        return value;
      }
      Tensor result = outer.watches(name) ? outer.at(name, value, rows) : value;
      if (name.endsWith(instead)) {
        if (waiting != null) {
          give(waiting, result, rows);
          waiting = null;
        } else {
          seen.put(name, result);
        }
      }
      return result;
    }

    private void give(String name, Tensor wrong, Rows rows) {
      if (outer.watches(name)) {
        outer.at(name, wrong, rows);
      }
    }
  }

  /** Gives readers {@code [pos, head, d_head]} with its last axes exchanged, in the same shape. */
  private static final class DimensionFirst implements Hook {
    private final Hook outer;

    DimensionFirst(Hook outer) {
      this.outer = outer;
    }

    @Override
    public boolean watches(String name) {
      return outer.watches(name);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      if (!name.endsWith(".attn.hook_z")) {
        return outer.at(name, value, rows);
      }
      outer.at(name, exchanged(value), rows);
      return value;
    }

    private static Tensor exchanged(Tensor z) {
      if (z instanceof BoundedTensor b) {
        return new BoundedTensor(
            exchanged(b.values(), z), exchanged(b.radii(), z), exchanged(b.drifts(), z), z.shape());
      }
      return new DoubleTensor(exchanged(z.toDoubles(), z), z.shape()).as(z.dtype());
    }

    private static double[] exchanged(double[] from, Tensor z) {
      int heads = z.dim(1);
      int h = z.dim(2);
      double[] out = new double[from.length];
      for (int i = 0; i < out.length; i++) {
        int within = i % (heads * h);
        out[i - within + within % h * heads + within / h] = from[i];
      }
      return out;
    }
  }
}
