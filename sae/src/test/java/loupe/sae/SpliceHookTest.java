package loupe.sae;

import static loupe.sae.SmallSaes.activations;
import static loupe.sae.SmallSaes.row;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SpliceHookTest {
  private static final String RES = "blocks.2.hook_resid_post";
  private static final RowFilter NO_BOS = RowFilter.allButBos(2);

  private final Random random = new Random(17);
  private final SmallSaes.Source source = SmallSaes.random(random, 5, 12, 5);
  private final AttachedSae res = SmallSaes.attached(source, Site.RES, 2);
  private final DoubleTensor value = activations(random, 4, 5);
  private final Rows rows = Rows.of(new int[] {2, 9, 2, 7}, 0, 0);

  private double[] features(int row) {
    return SmallSaes.features(source, row(value, row));
  }

  /** A feature that is on in this row. */
  private int active(int row) {
    double[] features = features(row);
    for (int k = 0; k < features.length; k++) {
      if (features[k] > 0) {
        return k;
      }
    }
    throw new IllegalStateException("no feature is on; choose another seed");
  }

  private int inactive(int row) {
    double[] features = features(row);
    for (int k = 0; k < features.length; k++) {
      if (features[k] == 0) {
        return k;
      }
    }
    throw new IllegalStateException("all features are on; choose another seed");
  }

  @Test
  void withoutErrorTermEveryRowButBosBecomesItsReconstruction() {
    SpliceHook hook = new SpliceHook(res, false, List.of(), NO_BOS);
    Tensor out = hook.at(RES, value, rows);
    assertArrayEquals(row(value, 0), row(out, 0));
    for (int r = 1; r < 4; r++) {
      double[] expected = SmallSaes.reconstruction(source, features(r));
      assertArrayEquals(expected, row(out, r), 1e-14);
    }
    assertEquals(3, hook.fired());
    assertEquals(3, hook.seen());
  }

  @Test
  void bosIsOnlyTheBosIdAtPositionZero() {
    // Row 2 has the id of BOS at position 2, and here row 0 has another id at position 0.
    Rows noBos = Rows.of(new int[] {9, 9, 2, 7}, 0, 0);
    Tensor out = new SpliceHook(res, false, List.of(), NO_BOS).at(RES, value, noBos);
    assertArrayEquals(SmallSaes.reconstruction(source, features(0)), row(out, 0), 1e-14);
    assertArrayEquals(SmallSaes.reconstruction(source, features(2)), row(out, 2), 1e-14);
    // In the second chunk of a prompt no row is at position 0.
    Rows later = Rows.of(new int[] {2, 9, 2, 7}, 4, 0);
    Tensor second = new SpliceHook(res, false, List.of(), NO_BOS).at(RES, value, later);
    assertArrayEquals(SmallSaes.reconstruction(source, features(0)), row(second, 0), 1e-14);
  }

  @Test
  void bosCanBeIncluded() {
    Tensor out = new SpliceHook(res, false, List.of(), RowFilter.ALL).at(RES, value, rows);
    assertArrayEquals(SmallSaes.reconstruction(source, features(0)), row(out, 0), 1e-14);
  }

  @Test
  void withErrorTermAndWithoutEditsNothingChangesAtAll() {
    SpliceHook hook = new SpliceHook(res, true, List.of(), NO_BOS);
    assertSame(value, hook.at(RES, value, rows));
    assertEquals(0, hook.fired());
    assertEquals(3, hook.seen());
  }

  @Test
  void ablatingAFeatureTakesItsDirectionAwayWhereItWasOn() {
    int k = active(1);
    SpliceHook hook = new SpliceHook(res, true, List.of(FeatureEdit.ablate(k)), NO_BOS);
    Tensor out = hook.at(RES, value, rows);
    double[] direction = res.directions(k).toDoubles();
    int on = 0;
    for (int r = 0; r < 4; r++) {
      double f = r == 0 ? 0 : features(r)[k];
      if (f == 0) {
        assertArrayEquals(row(value, r), row(out, r));
      } else {
        on++;
        double[] expected = row(value, r);
        for (int i = 0; i < 5; i++) {
          expected[i] -= f * direction[i];
        }
        assertArrayEquals(expected, row(out, r), 1e-13);
      }
    }
    assertEquals(on, hook.fired());
    assertEquals(on, hook.fired(0));
    assertTrue(on > 0);
  }

  @Test
  void anEditedRowIsTheActivationPlusTheDifferenceOfReconstructions() {
    int k = active(3);
    SpliceHook hook = new SpliceHook(res, true, List.of(FeatureEdit.scale(k, 3)), NO_BOS);
    Tensor out = hook.at(RES, value, rows);
    double[] f = res.features(value.rows(3, 4)).toDoubles();
    double[] before = res.decode(new DoubleTensor(f.clone(), 1, 12)).toDoubles();
    f[k] *= 3;
    double[] after = res.decode(new DoubleTensor(f, 1, 12)).toDoubles();
    double[] expected = row(value, 3);
    for (int i = 0; i < 5; i++) {
      expected[i] = expected[i] + (after[i] - before[i]);
    }
    assertArrayEquals(expected, row(out, 3));
  }

  @Test
  void editsWithoutErrorTermGiveTheEditedReconstruction() {
    int k = active(1);
    Tensor out =
        new SpliceHook(res, false, List.of(FeatureEdit.clamp(k, 2.5)), NO_BOS).at(RES, value, rows);
    for (int r = 1; r < 4; r++) {
      double[] f = features(r);
      f[k] = 2.5;
      assertArrayEquals(SmallSaes.reconstruction(source, f), row(out, r), 1e-14);
    }
  }

  @Test
  void clampingAndAddingAlsoReachFeaturesThatAreOff() {
    int k = inactive(2);
    double[] direction = res.directions(k).toDoubles();
    for (FeatureEdit edit : List.of(FeatureEdit.clamp(k, 4), FeatureEdit.add(k, 4))) {
      Tensor out = new SpliceHook(res, true, List.of(edit), NO_BOS).at(RES, value, rows);
      double[] expected = row(value, 2);
      for (int i = 0; i < 5; i++) {
        expected[i] += 4 * direction[i];
      }
      assertArrayEquals(expected, row(out, 2), 1e-13);
    }
  }

  @Test
  void scalingDoesNotReachFeaturesThatAreOff() {
    int k = inactive(2);
    Tensor out =
        new SpliceHook(res, true, List.of(FeatureEdit.scale(k, 9)), NO_BOS).at(RES, value, rows);
    assertArrayEquals(row(value, 2), row(out, 2));
  }

  @Test
  void editsApplyInOrderAndOnesThatCancelLeaveTheRowAlone() {
    int k = inactive(1);
    List<FeatureEdit> edits = List.of(FeatureEdit.clamp(k, 4), FeatureEdit.ablate(k));
    SpliceHook hook = new SpliceHook(res, true, edits, NO_BOS);
    Tensor out = hook.at(RES, value, rows);
    assertArrayEquals(row(value, 1), row(out, 1));
    assertEquals(3, hook.fired(0));
    assertEquals(3, hook.fired(1));
    assertEquals(List.of(), hook.unfired());
  }

  @Test
  void anEditThatNeverFiresCanBeSeen() {
    // A threshold that nothing reaches.
    double[] threshold = source.values("threshold");
    threshold[6] = 1e6;
    AttachedSae never = SmallSaes.attached(source.put("threshold", threshold, 12), Site.RES, 2);
    List<FeatureEdit> edits = List.of(FeatureEdit.ablate(6), FeatureEdit.clamp(6, 0));
    SpliceHook hook = new SpliceHook(never, true, edits, NO_BOS);
    assertSame(value, hook.at(RES, value, rows));
    assertEquals(edits, hook.unfired());
    assertEquals(0, hook.fired());
    assertEquals(0, hook.fired(0));
    assertEquals(3, hook.seen());
  }

  @Test
  void refusesAFeatureThatThereIsNot() {
    InputException e =
        assertThrows(
            InputException.class,
            () -> new SpliceHook(res, true, List.of(FeatureEdit.ablate(12)), NO_BOS));
    assertTrue(e.getMessage().contains("no feature 12"), e.getMessage());
    assertThrows(InputException.class, () -> FeatureEdit.clamp(1, Double.NaN));
  }

  @Test
  void keepsTheShapeOfHeads() {
    SmallSaes.Source att = SmallSaes.random(random, 6, 10, 6);
    AttachedSae attached = SmallSaes.attached(att, Site.ATT, 0);
    DoubleTensor z = activations(random, 4, 3, 2);
    Tensor out =
        new SpliceHook(attached, false, List.of(), NO_BOS).at("blocks.0.attn.hook_z", z, rows);
    assertArrayEquals(new int[] {4, 3, 2}, out.shape());
    double[] expected = SmallSaes.reconstruction(att, SmallSaes.features(att, row(z, 3)));
    assertArrayEquals(expected, row(out, 3), 1e-14);
  }

  @Test
  void aTranscoderReadsItsInputAndWritesItsOutput() {
    SmallSaes.Source weights = SmallSaes.random(random, 5, 12, 7);
    AttachedSae transcoder = SmallSaes.attached(weights, Site.TRANSCODER, 1);
    DoubleTensor in = activations(random, 4, 5);
    DoubleTensor out = activations(random, 4, 7);
    SpliceHook hook = new SpliceHook(transcoder, false, List.of(), NO_BOS);
    assertTrue(hook.watches("blocks.1.ln2.hook_normalized"));
    assertTrue(hook.watches("blocks.1.hook_mlp_out"));
    assertFalse(hook.watches("blocks.2.hook_mlp_out"));
    assertSame(in, hook.at("blocks.1.ln2.hook_normalized", in, rows));
    Tensor spliced = hook.at("blocks.1.hook_mlp_out", out, rows);
    assertArrayEquals(row(out, 0), row(spliced, 0));
    double[] expected = SmallSaes.reconstruction(weights, SmallSaes.features(weights, row(in, 2)));
    assertArrayEquals(expected, row(spliced, 2), 1e-14);
  }

  @Test
  void aTranscodersEditIsAddedToTheTrueOutput() {
    SmallSaes.Source weights = SmallSaes.random(random, 5, 12, 7);
    AttachedSae transcoder = SmallSaes.attached(weights, Site.TRANSCODER, 1);
    DoubleTensor in = activations(random, 4, 5);
    DoubleTensor out = activations(random, 4, 7);
    SpliceHook hook = new SpliceHook(transcoder, true, List.of(FeatureEdit.add(4, 1.5)), NO_BOS);
    hook.at("blocks.1.ln2.hook_normalized", in, rows);
    Tensor edited = hook.at("blocks.1.hook_mlp_out", out, rows);
    double[] expected = row(out, 3);
    double[] direction = transcoder.directions(4).toDoubles();
    for (int i = 0; i < 7; i++) {
      expected[i] += 1.5 * direction[i];
    }
    assertArrayEquals(expected, row(edited, 3), 1e-13);
  }

  @Test
  void aTranscodersOutputWithoutItsInputIsAProgrammingError() {
    AttachedSae transcoder =
        SmallSaes.attached(SmallSaes.random(random, 5, 12, 7), Site.TRANSCODER, 1);
    SpliceHook hook = new SpliceHook(transcoder, false, List.of(), NO_BOS);
    DoubleTensor out = activations(random, 4, 7);
    assertThrows(IllegalStateException.class, () -> hook.at("blocks.1.hook_mlp_out", out, rows));
  }

  @Test
  void namesSaeAndTensorWhereAnActivationIsNotFinite() {
    double[] values = value.toDoubles();
    values[12] = Double.NaN;
    SpliceHook hook = new SpliceHook(res, true, List.of(), NO_BOS);
    NonFiniteException e =
        assertThrows(
            NonFiniteException.class, () -> hook.at(RES, new DoubleTensor(values, 4, 5), rows));
    assertTrue(e.getMessage().contains("small on blocks.2.hook_resid_post"), e.getMessage());
  }

  @Property(tries = 40)
  void chunksAndBatchesGiveTheSameBitsAsTheWhole(@ForAll long seed) {
    Random r = new Random(seed);
    AttachedSae sae = SmallSaes.attached(SmallSaes.random(r, 5, 12, 5), Site.RES, 2);
    DoubleTensor all = activations(r, 6, 5);
    int[] ids = {2, 5, 6, 7, 2, 3};
    List<FeatureEdit> edits = List.of(FeatureEdit.scale(3, 0.5), FeatureEdit.clamp(7, 1));
    for (boolean errorTerm : new boolean[] {true, false}) {
      Tensor whole = new SpliceHook(sae, errorTerm, edits, NO_BOS).at(RES, all, Rows.of(ids, 0, 0));
      SpliceHook stepwise = new SpliceHook(sae, errorTerm, edits, NO_BOS);
      for (int p = 0; p < 6; p++) {
        Tensor one = stepwise.at(RES, all.rows(p, p + 1), Rows.of(new int[] {ids[p]}, p, 0));
        assertArrayEquals(row(whole, p), one.toDoubles());
      }
    }
  }

  @Test
  void otherTensorsPassUntouched() {
    SpliceHook hook = new SpliceHook(res, false, List.of(), NO_BOS);
    assertFalse(hook.watches("hook_embed"));
    assertSame(value, hook.at("hook_embed", value, rows));
  }

  @Test
  void aRowFilterOfOnesOwnChoosesPositions() {
    SpliceHook hook =
        new SpliceHook(res, false, List.of(), (id, position, sequence) -> position == 2);
    Tensor out = hook.at(RES, value, rows);
    assertArrayEquals(row(value, 1), row(out, 1));
    assertNotEquals(value.get(10), out.get(10));
    assertArrayEquals(row(value, 3), row(out, 3));
    assertEquals(1, hook.fired());
  }
}
