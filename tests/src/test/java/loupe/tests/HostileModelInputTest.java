package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2.LogitRows;
import loupe.gemma2.Sequence;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.OneElementReplaced;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TensorMap;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Bad input is refused by a sentence that names it; it never turns into a number. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class HostileModelInputTest {
  @Property
  void anIdOutsideTheVocabularyIsRefusedWithItsPlace(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 11) int place,
      @ForAll int id) {
    int[] ids = text.ids(tiny.config());
    int outside = id < 0 ? id : Math.max(id, tiny.config().dVocab());
    ids[place % ids.length] = outside;

    String message = refusal(() -> tiny.in(precision).forward(ids, Hook.NONE));

    assertTrue(
        message.contains("id " + outside + " at place " + place % ids.length)
            && message.contains(String.valueOf(tiny.config().dVocab())),
        message);
  }

  @Property(tries = 20)
  void noTokenIsRefusedWhereverItIsMissing(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll @Size(max = 3) List<Tokens> others) {
    Gemma2 model = tiny.in(precision);
    List<Sequence> batch = new ArrayList<>();
    others.forEach(text -> batch.add(new Sequence(text.ids(tiny.config()), model.newCache())));
    batch.add(new Sequence(new int[0], model.newCache()));
    assertTrue(refusal(() -> model.forward(batch, Hook.NONE, LogitRows.LAST)).contains("no token"));
    assertTrue(
        refusal(() -> model.forward(List.of(), Hook.NONE, LogitRows.LAST)).contains("no sequence"));
  }

  /**
   * The only weights that a pass may leave alone are rows of an embedding whose tokens are not in
   * the text, and only where the head is not the embedding.
   */
  @Property(tries = 400)
  void aWeightThatIsNotANumberIsRefusedByNameOrProvablyNotUsed(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 33) int anyTensor,
      @ForAll @IntRange(max = 9999) int anyElement,
      @ForAll("nonNumbers") double bad,
      @ForAll boolean watched) {
    Map<String, StoredTensor> tensors = tiny.tensors();
    String name = List.copyOf(tensors.keySet()).get(anyTensor % tensors.size());
    StoredTensor clean = tensors.get(name);
    long element = anyElement % clean.elementCount();
    tensors.put(name, new OneElementReplaced(clean, element, bad));
    int[] ids = text.ids(tiny.config());
    boolean used =
        tiny.config().tiedHead()
            || !name.equals("model.embed_tokens.weight")
            || Arrays.stream(ids).anyMatch(id -> id == element / tiny.config().dModel());
    Hook hook = watched ? RowRecorder.ofAll(true) : Hook.NONE;

    if (used) {
      String message = refusal(() -> model(tiny, tensors, precision).forward(ids, hook));
      assertTrue(message.contains(name), message);
    } else {
      SameBits.assertSame(
          tiny.in(precision).forward(ids, Hook.NONE),
          model(tiny, tensors, precision).forward(ids, hook));
    }
  }

  @Property(tries = 300)
  void weightsTooLargeForTheArithmeticGiveFiniteLogitsOrARefusal(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 33) int anyTensor,
      @ForAll @IntRange(max = 9999) int anyElement,
      @ForAll @IntRange(max = 1022) int exponent,
      @ForAll boolean negative) {
    Map<String, StoredTensor> tensors = tiny.tensors();
    String name = List.copyOf(tensors.keySet()).get(anyTensor % tensors.size());
    StoredTensor clean = tensors.get(name);
    long element = anyElement % clean.elementCount();
    double huge = Math.scalb(negative ? -1.5 : 1.5, exponent);
    tensors.put(name, new OneElementReplaced(clean, element, huge));
    Gemma2 model = model(tiny, tensors, precision);

    try {
      assertFinite(model.forward(text.ids(tiny.config()), Hook.NONE));
    } catch (InputException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }
  }

  /** Where a number that is none can still be seen in the logits, nobody is deceived. */
  @Property(tries = 300)
  void anEditThatIsNotANumberIsRefusedOrStaysVisibleInTheLogits(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 11) int place,
      @ForAll @IntRange(max = 73) int hookPoint) {
    Gemma2 model = tiny.in(precision);
    int[] ids = text.ids(tiny.config());
    int position = place % ids.length;
    List<String> names = model.hookPoints();
    Hooks hooks = new Hooks(names);
    RowEdit edit = RowEdit.constant(model.arithmetic(), position, Double.NaN);
    hooks.edit(names.get(hookPoint % names.size()), edit);

    try {
      Tensor logits = model.forward(ids, hooks);
      double[] row = logits.rows(position, position + 1).toDoubles();
      assertTrue(Arrays.stream(row).allMatch(Double::isNaN), Arrays.toString(row));
    } catch (InputException e) {
      assertTrue(
          e.getMessage().contains("NaN") || e.getMessage().contains("not finite"), e.getMessage());
    }
  }

  private static Gemma2 model(
      TinyModel tiny, Map<String, StoredTensor> tensors, Precision precision) {
    return new Gemma2(tiny.config(), new TensorMap(tensors), precision.arithmetic());
  }

  private static String refusal(Runnable run) {
    String message = assertThrows(InputException.class, run::run).getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private static void assertFinite(Tensor logits) {
    for (int i = 0; i < logits.size(); i++) {
      assertTrue(Double.isFinite(logits.get(i)), "logit " + i + " is " + logits.get(i));
    }
  }

  @Provide
  Arbitrary<Double> nonNumbers() {
    return Arbitraries.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
  }
}
