package loupe.tests;

import java.util.Arrays;
import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.reference.Hooks;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** No row knows of a later one, bit for bit, in any intermediate. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class CausalityTest {
  @Property
  void laterTokensChangeNothingEarlier(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 11) int cut,
      @ForAll boolean withScores) {
    Gemma2 model = tiny.in(precision);
    int[] whole = text.ids(tiny.config());
    int length = 1 + cut % whole.length;
    RowRecorder ofWhole = RowRecorder.ofAll(withScores);
    RowRecorder ofPrefix = RowRecorder.ofAll(withScores);

    model.forward(whole, ofWhole);
    model.forward(Arrays.copyOf(whole, length), ofPrefix);

    ofPrefix.assertPartOf(ofWhole);
  }

  @Property
  void anEditOfARowChangesNoEarlierRow(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 11) int place,
      @ForAll @IntRange(max = 99) int hookPoint,
      @ForAll long seed) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    List<String> names = HookPoints.all(tiny.config());
    String name = names.get(hookPoint % names.size());
    int position = place % ids.length;
    RowRecorder clean = RowRecorder.ofAll(true);
    RowRecorder edited = RowRecorder.ofAll(true);
    Hooks hooks = new Hooks(names);
    hooks.edit(name, RowEdit.random(model.arithmetic(), position, seed)).add(edited);

    model.forward(ids, clean);
    model.forward(ids, hooks);

    clean.assertSameAs(edited, 0, position);
  }
}
