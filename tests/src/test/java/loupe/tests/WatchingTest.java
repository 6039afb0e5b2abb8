package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.AttentionCase;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Looking changes nothing. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class WatchingTest {
  @Property
  void watchingAnySubsetOfTheHookPointsChangesNoBit(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @Size(max = 20) Set<@IntRange(max = 73) Integer> numbers) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    List<String> names = model.hookPoints();
    RowRecorder all = RowRecorder.ofAll(true);
    RowRecorder some = new RowRecorder(name -> numbers.contains(names.indexOf(name)));

    Tensor unwatched = model.forward(ids, Hook.NONE);
    Tensor watched = model.forward(ids, some);
    model.forward(ids, all);

    SameBits.assertSame(unwatched, watched);
    some.assertPartOf(all);
  }

  @Property
  void attentionInOneGoIsTheCompositionOfItsParts(
      @ForAll AttentionCase c,
      @ForAll Precision precision,
      @ForAll @DoubleRange(min = 0.01, max = 2) double scale,
      @ForAll @DoubleRange(min = 0, max = 60) double cap) {
    Arithmetic a = precision.arithmetic();
    Tensor q = c.queries(a);
    RowBuffer keys = c.keys(a);
    RowBuffer values = c.values(a);
    Span span = c.span();

    Tensor whole = a.attend(q, keys, values, span, scale, cap);
    Tensor scores = a.scores(q, keys, span, scale);
    Tensor pattern = a.softmax(cap == 0 ? scores : a.softcap(scores, cap), span);

    assertEquals(List.of(span.queries(), c.nHeads(), c.dHead()), axes(whole));
    SameBits.assertSame(a.mix(pattern, values, span), whole);
  }

  private static List<Integer> axes(Tensor x) {
    return List.of(x.dim(0), x.dim(1), x.dim(2));
  }
}
