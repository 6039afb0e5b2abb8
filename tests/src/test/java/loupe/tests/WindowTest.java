package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.gemma2.LayerType;
import loupe.reference.Arithmetic;
import loupe.reference.Hooks;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** A query sees {@code sliding_window} keys in a local layer, itself included, and no other. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class WindowTest {
  @Property
  void aKeyOutsideTheWindowChangesNoBit(
      @ForAll("localModels") TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 2) int anyLayer,
      @ForAll @IntRange(max = 11) int place,
      @ForAll long seed) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    int key = place % ids.length;
    HookPoints.Layer layer = HookPoints.Layer.of(anyLayer % tiny.config().nLayers());
    RowRecorder clean = new RowRecorder(layer.z()::equals);
    RowRecorder edited = new RowRecorder(layer.z()::equals);
    RowEdit edit = RowEdit.random(model.arithmetic(), key, seed);
    Hooks hooks = new Hooks(model.hookPoints());
    hooks.edit(layer.rotK(), edit).edit(layer.v(), edit).add(edited);

    model.forward(ids, clean);
    model.forward(ids, hooks);

    for (int query = 0; query < ids.length; query++) {
      if (!sees(query, key, tiny.config().slidingWindow())) {
        assertArrayEquals(
            clean.row(layer.z(), 0, query), edited.row(layer.z(), 0, query), "query " + query);
      }
    }
  }

  @Property
  void keysOfEqualScoreShareTheAttentionAndKeysOutsideHaveNone(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 2) int anyLayer,
      @ForAll @IntRange(max = 11) int place) {
    Gemma2Config config = tiny.config();
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(config);
    int key = place % ids.length;
    int layer = anyLayer % config.nLayers();
    HookPoints.Layer names = HookPoints.Layer.of(layer);
    Arithmetic a = model.arithmetic();
    RowRecorder z = new RowRecorder(names.z()::equals);
    Hooks hooks = new Hooks(model.hookPoints());
    hooks.edit(names.rotQ(), (n, v, r) -> zeros(a, v));
    hooks.edit(names.v(), (n, v, r) -> RowEdit.constant(a, key, 1).edit(n, zeros(a, v), r));
    hooks.add(z);

    model.forward(ids, hooks);

    int window = config.isLocal(layer) ? config.slidingWindow() : Integer.MAX_VALUE;
    for (int query = 0; query < ids.length; query++) {
      double share = sees(query, key, window) ? 1.0 / Math.min(window, query + 1) : 0;
      for (double value : z.row(names.z(), 0, query)) {
        assertEquals(share, value, share * 2 * precision.unitRoundoff(), "query " + query);
      }
    }
  }

  @Property
  void aTokenReachesNoFurtherThanTheWindowsOfAllLayersTogether(
      @ForAll("localModels") TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 11) int place,
      @ForAll @IntRange(max = 149) int otherToken) {
    Gemma2 model = tiny.in(precision);
    Gemma2Config config = tiny.config();
    int[] ids = text.ids(config);
    int[] changed = ids.clone();
    changed[place % ids.length] = otherToken % config.dVocab();
    int reach = config.nLayers() * (config.slidingWindow() - 1);
    RowRecorder clean = RowRecorder.ofAll(false);
    RowRecorder other = RowRecorder.ofAll(false);

    model.forward(ids, clean);
    model.forward(changed, other);

    List<String> outputs = List.of(HookPoints.LOGITS, HookPoints.LN_FINAL_NORMALIZED);
    for (String name : outputs) {
      for (int i = place % ids.length + reach + 1; i < ids.length; i++) {
        assertArrayEquals(clean.row(name, 0, i), other.row(name, 0, i), name + " at " + i);
      }
    }
  }

  private static boolean sees(int query, int key, int window) {
    return key <= query && query - key < window;
  }

  private static Tensor zeros(Arithmetic a, Tensor like) {
    return a.tensor(new double[like.size()], like.shape());
  }

  @Provide
  Arbitrary<TinyModel> localModels() {
    Gemma2Domain domain = new Gemma2Domain();
    return domain.models(domain.configs(Arbitraries.just(LayerType.SLIDING_ATTENTION)));
  }
}
