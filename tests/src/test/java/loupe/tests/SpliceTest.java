package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Generator;
import loupe.gemma2.KvCache;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.FeatureEdit;
import loupe.sae.FeatureReader;
import loupe.sae.RowFilter;
import loupe.sae.SaeWeights;
import loupe.sae.SpliceHook;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.RandomSae;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** SAEs of every site in the forward pass of any model. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class SpliceTest {
  private static Hooks hooks(Gemma2 model, Hook... all) {
    Hooks hooks = new Hooks(model.hookPoints());
    for (Hook hook : all) {
      hooks.add(hook);
    }
    return hooks;
  }

  @Property
  void withTheErrorTermAnSaeThatChangesNoFeatureChangesNoBit(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll RandomSae sae,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 69) int feature) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    AttachedSae attached = sae.on(tiny.config(), precision.arithmetic());
    List<FeatureEdit> idle = List.of(FeatureEdit.scale(feature % sae.dSae(), 1));
    RowRecorder clean = RowRecorder.ofAll(false);
    RowRecorder spliced = RowRecorder.ofAll(false);
    SpliceHook splice = new SpliceHook(attached, true, idle, RowFilter.ALL);

    Tensor expected = model.forward(ids, clean);
    Tensor logits = model.forward(ids, hooks(model, splice, spliced));

    SameBits.assertSame(expected, logits);
    clean.assertPartOf(spliced);
    assertEquals(ids.length, splice.seen());
    assertEquals(0, splice.fired());
    assertEquals(0, splice.fired(0));
  }

  @Property
  void rescalingDecoderRowsScalesFeaturesAndChangesNothingThatTheModelSees(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll RandomSae sae,
      @ForAll Tokens text,
      @ForAll long seed) {
    Gemma2 model = tiny.in(precision);
    Arithmetic a = precision.arithmetic();
    int[] ids = text.ids(tiny.config());
    AttachedSae attached = sae.on(tiny.config(), a);
    Random random = new Random(seed);
    // Powers of two, so that nothing is rounded.
    double[] factors =
        IntStream.range(0, sae.dSae())
            .mapToDouble(k -> Math.scalb(1.0, random.nextInt(13) - 6))
            .toArray();
    SaeWeights rescaled = attached.sae().weights().rescaled(a, factors);
    List<AttachedSae> both = List.of(attached, sae.on(tiny.config(), rescaled, a));

    List<Tensor> logits = new ArrayList<>();
    List<List<FeatureReader.Reading>> readings = new ArrayList<>();
    for (AttachedSae one : both) {
      FeatureReader reader = new FeatureReader(one, sae.dSae(), RowFilter.ALL);
      SpliceHook splice = new SpliceHook(one, false, List.of(), RowFilter.ALL);
      logits.add(model.forward(ids, hooks(model, reader, splice)));
      readings.add(reader.readings());
    }

    SameBits.assertSame(logits.get(0), logits.get(1));
    for (int t = 0; t < ids.length; t++) {
      double[] expected = dense(readings.get(0).get(t), sae.dSae());
      double[] scaled = dense(readings.get(1).get(t), sae.dSae());
      for (int k = 0; k < expected.length; k++) {
        assertEquals(expected[k] * factors[k], scaled[k], "feature " + k + " of token " + t);
      }
    }
  }

  private static double[] dense(FeatureReader.Reading reading, int dSae) {
    double[] features = new double[dSae];
    for (int i = 0; i < reading.features().count(); i++) {
      features[reading.features().ids()[i]] = reading.features().activations()[i];
    }
    return features;
  }

  @Property
  void chunksOfAnySizeGiveTheSameFeaturesAndTheSameEditedLogits(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll RandomSae sae,
      @ForAll Tokens text,
      @ForAll @IntRange(min = 1, max = 12) int chunk,
      @ForAll boolean errorTerm) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    AttachedSae attached = sae.on(tiny.config(), precision.arithmetic());
    List<FeatureEdit> edits = List.of(FeatureEdit.clamp(0, 3), FeatureEdit.ablate(sae.dSae() - 1));

    List<Tensor> logits = new ArrayList<>();
    List<List<FeatureReader.Reading>> readings = new ArrayList<>();
    for (int size : new int[] {ids.length, chunk}) {
      FeatureReader reader = new FeatureReader(attached, 5, RowFilter.allButBos(0));
      SpliceHook splice = new SpliceHook(attached, errorTerm, edits, RowFilter.allButBos(0));
      KvCache cache = model.newCache();
      logits.add(new Generator(model, size).prefill(ids, cache, hooks(model, reader, splice)));
      readings.add(reader.readings());
    }

    SameBits.assertSame(logits.get(0), logits.get(1));
    assertEquals(readings.get(0), readings.get(1));
  }
}
