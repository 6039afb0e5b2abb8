package loupe.tests;

import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.StoredTensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TensorMap;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Weights count by their values; how many bits they were stored in is no matter. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class StoredTypeTest {
  @Property
  void weightsWidenedToFloat64GiveTheBitsOfTheStoredOnes(
      @ForAll TinyModel tiny, @ForAll Precision precision, @ForAll Tokens text) {
    Map<String, StoredTensor> wide = tiny.tensors();
    wide.replaceAll((name, stored) -> widened(stored));
    Gemma2 model = new Gemma2(tiny.config(), new TensorMap(wide), precision.arithmetic());
    int[] ids = text.ids(tiny.config());

    SameBits.assertSame(tiny.in(precision).forward(ids, Hook.NONE), model.forward(ids, Hook.NONE));
  }

  private static StoredTensor widened(StoredTensor stored) {
    double[] values = new double[Math.toIntExact(stored.elementCount())];
    stored.read(0, values, 0, values.length);
    long[] axes = stored.shape();
    int[] shape = new int[axes.length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = Math.toIntExact(axes[i]);
    }
    return new HeapTensor(stored.name(), new DoubleTensor(values, shape));
  }
}
