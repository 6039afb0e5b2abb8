package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2.LogitRows;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.InputException;
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

/** A pass that fails never happened. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class FailedPassTest {
  @Property
  void aPassThatFailsAnywhereLeavesEveryCacheOfItsBatchAsItWas(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll @Size(min = 1, max = 3) List<Tokens> remembered,
      @ForAll @Size(min = 3, max = 3) List<Tokens> added,
      @ForAll @IntRange(max = 73) int hookPoint) {
    Gemma2 model = tiny.in(precision);
    List<String> names = model.hookPoints();
    Hooks failing = new Hooks(names);
    failing.read(
        names.get(hookPoint % names.size()),
        (n, v, r) -> {
          throw new IllegalStateException("stop");
        });
    List<Sequence> batch = batch(model, remembered, added);
    List<Sequence> untouched = batch(model, remembered, added);

    assertThrows(IllegalStateException.class, () -> model.forward(batch, failing, LogitRows.ALL));

    assertContinuesAs(untouched, batch, model);
  }

  @Property
  void aBatchWithATokenOutsideTheVocabularyLeavesEveryCacheAsItWas(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll @Size(min = 1, max = 3) List<Tokens> remembered,
      @ForAll @Size(min = 3, max = 3) List<Tokens> added,
      @ForAll int badId) {
    Gemma2 model = tiny.in(precision);
    List<Sequence> batch = batch(model, remembered, added);
    List<Sequence> withBadId = new ArrayList<>(batch);
    int outside = badId < 0 ? badId : Math.max(badId, tiny.config().dVocab());
    withBadId.add(new Sequence(new int[] {0, outside}, model.newCache()));

    assertThrows(InputException.class, () -> model.forward(withBadId, Hook.NONE, LogitRows.ALL));

    assertContinuesAs(batch(model, remembered, added), batch, model);
  }

  private static void assertContinuesAs(
      List<Sequence> expected, List<Sequence> actual, Gemma2 model) {
    for (int s = 0; s < expected.size(); s++) {
      assertEquals(expected.get(s).cache().length(), actual.get(s).cache().length());
    }
    Tensor clean = model.forward(expected, Hook.NONE, LogitRows.ALL);
    SameBits.assertSame(clean, model.forward(actual, Hook.NONE, LogitRows.ALL));
  }

  private static List<Sequence> batch(Gemma2 model, List<Tokens> remembered, List<Tokens> added) {
    List<Sequence> batch = new ArrayList<>();
    for (int s = 0; s < remembered.size(); s++) {
      KvCache cache = model.newCache();
      int[] first = remembered.get(s).ids(model.config());
      model.forward(List.of(new Sequence(first, cache)), Hook.NONE, LogitRows.LAST);
      batch.add(new Sequence(added.get(s).ids(model.config()), cache));
    }
    return batch;
  }
}
