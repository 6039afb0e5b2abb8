package loupe.tests;

import java.util.ArrayList;
import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2.LogitRows;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.reference.Hook;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** A sequence gives the same bits alone or among others, whatever their lengths. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class BatchInvarianceTest {
  @Property
  void aRaggedBatchGivesTheBitsOfItsSequencesInEveryIntermediate(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll @Size(min = 1, max = 4) List<Tokens> texts,
      @ForAll boolean withScores) {
    Gemma2 model = tiny.in(precision);
    List<Sequence> batch = new ArrayList<>();
    texts.forEach(text -> batch.add(new Sequence(text.ids(tiny.config()), model.newCache())));
    RowRecorder together = RowRecorder.ofAll(withScores);

    model.forward(batch, together, LogitRows.ALL);

    for (int s = 0; s < batch.size(); s++) {
      RowRecorder alone = RowRecorder.ofAll(withScores);
      int[] ids = batch.get(s).tokenIds();
      model.forward(ids, alone);
      alone.assertSameAs(together, s, ids.length);
    }
  }

  @Property
  void cachesOfDifferentLengthsGoOnTogetherAsTheyDoAlone(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll @Size(min = 1, max = 4) List<Tokens> remembered,
      @ForAll @Size(min = 4, max = 4) List<Tokens> added) {
    Gemma2 model = tiny.in(precision);
    List<Sequence> batch = new ArrayList<>();
    List<Tensor> alone = new ArrayList<>();
    for (int s = 0; s < remembered.size(); s++) {
      int[] ids = added.get(s).ids(tiny.config());
      batch.add(new Sequence(ids, cacheOf(model, remembered.get(s))));
      Sequence same = new Sequence(ids, cacheOf(model, remembered.get(s)));
      alone.add(model.forward(List.of(same), Hook.NONE, LogitRows.LAST));
    }

    Tensor together = model.forward(batch, Hook.NONE, LogitRows.LAST);

    SameBits.assertSame(Tensor.concat(alone), together);
  }

  private static KvCache cacheOf(Gemma2 model, Tokens text) {
    KvCache cache = model.newCache();
    int[] ids = text.ids(model.config());
    model.forward(List.of(new Sequence(ids, cache)), Hook.NONE, LogitRows.LAST);
    return cache;
  }
}
