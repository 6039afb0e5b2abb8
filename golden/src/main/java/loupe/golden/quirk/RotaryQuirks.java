package loupe.golden.quirk;

import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import loupe.reference.Arithmetic;
import loupe.reference.FloatFormat;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/** Rotary embedding: its pairs, angles and positions, and what it is applied to. */
final class RotaryQuirks {
  private RotaryQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    zoo.put("rope-interleaved", rotation(Rotation::interleaved));
    zoo.put("rope-output-interleaved", rotation(Rotation::shuffled));
    zoo.put("rope-backwards", rotation(Rotation::backwards));
    zoo.put("rope-angles-bf16", rotation(Rotation::roundedAngles));
    zoo.put("rope-cos-sin-bf16", rotation(Rotation::roundedTable));
    zoo.put("rope-missing", positions(position -> 0));
    zoo.put("rope-positions-bf16", rotation(Rotation::roundedPositions));
    zoo.put("rope-positions-from-one", positions(position -> position + 1));
    addWires(zoo);
  }

  /** What a bug changes in a rotation. */
  private static final class Rotation extends ForwardingArithmetic {
    private boolean neighbours;
    private boolean shuffles;
    private double sign = 1;
    private FloatFormat position = FloatFormat.F64;
    private FloatFormat angle = FloatFormat.F64;
    private FloatFormat table = FloatFormat.F64;

    Rotation(Arithmetic base) {
      super(base);
    }

    Rotation interleaved() {
      neighbours = true;
      return this;
    }

    Rotation shuffled() {
      shuffles = true;
      return this;
    }

    Rotation backwards() {
      sign = -1;
      return this;
    }

    Rotation roundedAngles() {
      angle = FloatFormat.BF16;
      return this;
    }

    Rotation roundedTable() {
      table = FloatFormat.BF16;
      return this;
    }

    Rotation roundedPositions() {
      position = FloatFormat.BF16;
      return this;
    }

    @Override
    public Tensor rotate(Tensor x, int[] positions, double theta) {
      int h = x.dim(2);
      double[] a = x.toDoubles();
      double[] out = new double[a.length];
      for (int at = 0; at < a.length; at += h) {
        double where = position.round(positions[at / x.rowSize()]);
        for (int p = 0; p < h / 2; p++) {
          double turn = angle.round(where * StrictMath.pow(theta, -2.0 * p / h));
          rotatePair(a, at, p, h, turn, out);
        }
      }
      return base.tensor(out, x.shape());
    }

    private void rotatePair(double[] a, int at, int p, int h, double turn, double[] out) {
      double cos = table.round(StrictMath.cos(turn));
      double sin = sign * table.round(StrictMath.sin(turn));
      int first = at + (neighbours ? 2 * p : p);
      int second = at + (neighbours ? 2 * p + 1 : p + h / 2);
      out[at + (neighbours || shuffles ? 2 * p : p)] = a[first] * cos - a[second] * sin;
      out[at + (neighbours || shuffles ? 2 * p + 1 : p + h / 2)] = a[second] * cos + a[first] * sin;
    }
  }

  private static ModelChange rotation(UnaryOperator<Rotation> change) {
    return ModelChange.arithmetic((base, c) -> change.apply(new Rotation(base)));
  }

  private interface PositionChange {
    int of(int position);
  }

  private static ModelChange positions(PositionChange change) {
    return ModelChange.arithmetic(
        (base, c) ->
            new ForwardingArithmetic(base) {
              @Override
              public Tensor rotate(Tensor x, int[] positions, double theta) {
                int[] changed = positions.clone();
                for (int i = 0; i < changed.length; i++) {
                  changed[i] = change.of(changed[i]);
                }
                return base.rotate(x, changed, theta);
              }
            });
  }

  private static void addWires(Map<String, ModelChange> zoo) {
    zoo.put(
        "rope-missing-on-k",
        HookEdit.of(
            "attn.hook_rot_k", Set.of("attn.hook_k"), (pass, value) -> pass.seen("attn.hook_k")));
    zoo.put(
        "rope-twice-on-k",
        HookEdit.of(
            "attn.hook_rot_k",
            Set.of(),
            (pass, value) ->
                pass.arithmetic()
                    .rotate(value, pass.rows().positions(), pass.parts().config().ropeTheta())));
    Set<String> rotated = Set.of("attn.hook_rot_q", "attn.hook_rot_k");
    Set<String> unrotated = Set.of("attn.hook_q", "attn.hook_k");
    zoo.put(
        "rope-skips-pad-positions",
        HookEdit.of(
            rotated,
            unrotated,
            (pass, value) ->
                pass.arithmetic()
                    .rotate(
                        before(pass),
                        withoutPads(pass.rows().tokenIds()),
                        pass.parts().config().ropeTheta())));
    zoo.put(
        "rope-theta-1e6-on-global-layers",
        HookEdit.of(
            rotated,
            unrotated,
            (pass, value) ->
                pass.parts().config().isLocal(pass.layer())
                    ? value
                    : pass.arithmetic().rotate(before(pass), pass.rows().positions(), 1e6)));
    zoo.put("rope-on-v", ModelChange.arithmetic((base, c) -> rotatingValues(base, c.ropeTheta())));
  }

  private static Tensor before(HookEdit.Pass pass) {
    return pass.seen(pass.kind().replace("rot_", ""));
  }

  private static int[] withoutPads(int[] ids) {
    int[] positions = new int[ids.length];
    int seen = 0;
    for (int i = 0; i < ids.length; i++) {
      seen += ids[i] == 0 ? 0 : 1;
      positions[i] = Math.max(0, seen - 1);
    }
    return positions;
  }

  private static Arithmetic rotatingValues(Arithmetic base, double theta) {
    return new ForwardingArithmetic(base) {
      @Override
      public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
        RowBuffer rotated =
            Buffers.changed(
                base,
                values,
                (rows, positions) ->
                    base.rotate(
                        rows.reshape(rows.dim(0), values.heads(), values.headSize()),
                        positions,
                        theta));
        return base.mix(pattern, rotated, span);
      }
    };
  }
}
