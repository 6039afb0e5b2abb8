package loupe.tests;

import java.util.Arrays;
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
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** A text gives the same bits in one pass, token by token, or cut up in any other way. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class ChunkInvarianceTest {
  @Property
  void chunksOfAnySizesGiveTheBitsOfOnePassInEveryIntermediate(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @Size(max = 11) List<@IntRange(min = 1, max = 5) Integer> chunks,
      @ForAll boolean withScores) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    RowRecorder whole = RowRecorder.ofAll(withScores);
    RowRecorder parts = RowRecorder.ofAll(withScores);

    model.forward(ids, whole);
    KvCache cache = model.newCache();
    int from = 0;
    for (int i = 0; from < ids.length; i++) {
      int to = i < chunks.size() ? Math.min(ids.length, from + chunks.get(i)) : ids.length;
      Sequence chunk = new Sequence(Arrays.copyOfRange(ids, from, to), cache);
      model.forward(List.of(chunk), parts, LogitRows.LAST);
      from = to;
    }

    whole.assertPartOf(parts);
  }

  @Property
  void theLastRowOfLogitsIsTheSameWhetherOrNotTheOthersAreWanted(
      @ForAll TinyModel tiny, @ForAll Precision precision, @ForAll Tokens text) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());

    Tensor all = model.forward(ids, Hook.NONE);
    Sequence sequence = new Sequence(ids, model.newCache());
    Tensor last = model.forward(List.of(sequence), Hook.NONE, LogitRows.LAST);

    SameBits.assertSame(all.rows(ids.length - 1, ids.length), last);
  }
}
