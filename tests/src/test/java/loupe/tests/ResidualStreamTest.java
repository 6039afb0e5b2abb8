package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** What the hooks show of the residual stream adds up, bit for bit. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class ResidualStreamTest {
  @Property
  void everyLayerAddsWhatItsHooksShowAndNothingElse(
      @ForAll TinyModel tiny, @ForAll Precision precision, @ForAll Tokens text) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    RowRecorder seen = RowRecorder.ofAll(false);

    model.forward(ids, seen);

    for (int position = 0; position < ids.length; position++) {
      double[] stream = seen.row(HookPoints.EMBED, 0, position);
      for (int layer = 0; layer < tiny.config().nLayers(); layer++) {
        HookPoints.Layer names = HookPoints.Layer.of(layer);
        assertArrayEquals(stream, seen.row(names.residPre(), 0, position));
        stream = sum(model.arithmetic(), stream, seen.row(names.attnOut(), 0, position));
        assertArrayEquals(stream, seen.row(names.residMid(), 0, position));
        stream = sum(model.arithmetic(), stream, seen.row(names.mlpOut(), 0, position));
        assertArrayEquals(stream, seen.row(names.residPost(), 0, position));
      }
    }
  }

  private static double[] sum(Arithmetic a, double[] x, double[] y) {
    Tensor sum = a.add(a.tensor(x, 1, x.length), a.tensor(y, 1, y.length));
    return sum.toDoubles();
  }
}
