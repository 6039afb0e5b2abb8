package loupe.tests;

import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Hook;
import loupe.reference.StoredTensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.RowGather;
import loupe.tests.arbitraries.TensorMap;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Query head n of a group reads key head {@code n / group}. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class GroupedQueryTest {
  @Property
  void sharedKeyHeadsGiveTheBitsOfTheirCopies(
      @ForAll TinyModel tiny, @ForAll Precision precision, @ForAll Tokens text) {
    Gemma2Config c = tiny.config();
    int[] rows = new int[c.nHeads() * c.dHead()];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = r / c.dHead() / c.headsPerKeyHead() * c.dHead() + r % c.dHead();
    }
    Map<String, StoredTensor> tensors = tiny.tensors();
    for (int layer = 0; layer < c.nLayers(); layer++) {
      String prefix = "model.layers." + layer + ".self_attn.";
      tensors.computeIfPresent(prefix + "k_proj.weight", (n, w) -> new RowGather(w, rows));
      tensors.computeIfPresent(prefix + "v_proj.weight", (n, w) -> new RowGather(w, rows));
    }
    Gemma2 expanded =
        new Gemma2(withAllKeyHeads(c), new TensorMap(tensors), precision.arithmetic());
    int[] ids = text.ids(c);

    SameBits.assertSame(
        tiny.in(precision).forward(ids, Hook.NONE), expanded.forward(ids, Hook.NONE));
  }

  private static Gemma2Config withAllKeyHeads(Gemma2Config c) {
    return new Gemma2Config(
        c.dModel(),
        c.nLayers(),
        c.nHeads(),
        c.nHeads(),
        c.dHead(),
        c.dMlp(),
        c.dVocab(),
        c.queryPreAttnScalar(),
        c.attnSoftcap(),
        c.finalSoftcap(),
        c.slidingWindow(),
        c.layerTypes(),
        c.ropeTheta(),
        c.rmsNormEps(),
        c.maxPositions(),
        c.bosId(),
        c.eosIds(),
        c.tiedHead(),
        c.dtype());
  }
}
