package loupe.sae;

import static loupe.sae.SmallSaes.FLOAT64;
import static loupe.sae.SmallSaes.activations;
import static loupe.sae.SmallSaes.row;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FeaturesTest {
  @Test
  void keepsWhatIsAboveZeroStrongestFirstTiesToTheLowestId() {
    Tensor rows = new DoubleTensor(new double[] {9, 9, 9, 9, 9, 2, 0, 5, -3, 2}, 2, 5);
    Features features = Features.ofRow(rows, 1);
    assertArrayEquals(new int[] {2, 0, 4}, features.ids());
    assertArrayEquals(new double[] {5, 2, 2}, features.activations());
    assertEquals("2:5.0 0:2.0", features.top(2).toString());
    assertEquals(features, features.top(99));
    assertEquals(0, features.top(0).count());
  }

  @Property(tries = 200)
  void theTopIsTheHeadOfAStableSort(
      @ForAll @Size(max = 40) List<@IntRange(min = -3, max = 3) Integer> values,
      @ForAll @IntRange(min = 0, max = 12) int k) {
    TopK top = new TopK(k);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      top.offer(i, values.get(i));
      order.add(i);
    }
    order.sort(Comparator.comparing(i -> -values.get(i)));
    int[] expected = order.stream().limit(k).mapToInt(Integer::intValue).toArray();
    assertArrayEquals(expected, top.ids());
    for (int i = 0; i < expected.length; i++) {
      assertEquals((double) values.get(expected[i]), top.values()[i]);
    }
  }

  @Test
  void aReaderKeepsEachRowsStrongestFeaturesAndChangesNothing() {
    Random random = new Random(31);
    SmallSaes.Source source = SmallSaes.random(random, 4, 10, 4);
    AttachedSae attached = SmallSaes.attached(source, Site.RES, 0);
    FeatureReader reader = new FeatureReader(attached, 2, RowFilter.allButBos(2));
    DoubleTensor value = activations(random, 3, 4);
    Rows rows = new Rows(new int[] {2, 8, 5}, new int[] {0, 1, 7}, new int[] {0, 0, 1});
    assertSame(value, reader.at("blocks.0.hook_resid_post", value, rows));
    assertSame(value, reader.at("blocks.1.hook_resid_post", value, rows));
    assertEquals(2, reader.readings().size());
    FeatureReader.Reading last = reader.readings().get(1);
    assertEquals(1, last.sequence());
    assertEquals(7, last.position());
    assertEquals(5, last.tokenId());
    Tensor dense = attached.features(value);
    Features all = Features.ofRow(dense, 2);
    assertEquals(all.count(), last.active());
    assertEquals(all.top(2), last.features());
    for (int i = 0; i < last.features().count(); i++) {
      assertEquals(row(dense, 2)[last.features().ids()[i]], last.features().activations()[i]);
    }
  }

  @Test
  void aReaderOfATranscoderReadsItsInput() {
    AttachedSae attached =
        SmallSaes.attached(SmallSaes.random(new Random(1), 4, 6, 5), Site.TRANSCODER, 2);
    FeatureReader reader = new FeatureReader(attached, 1, RowFilter.ALL);
    assertEquals(true, reader.watches("blocks.2.ln2.hook_normalized"));
    assertFalse(reader.watches("blocks.2.hook_mlp_out"));
  }

  @Test
  void aFeaturePromotesTheTokensThatItsDirectionPointsAt() {
    Weight unembedding =
        FLOAT64.weight(
            new HeapTensor(
                "embed", new DoubleTensor(new double[] {1, 0, 0, 1, 1, 1, -1, 0, 1, 0}, 5, 2)));
    Tensor directions = new DoubleTensor(new double[] {2, 1, 0, -1}, 2, 2);
    List<List<PromotedTokens.Token>> promoted =
        PromotedTokens.of(FLOAT64, directions, unembedding, 3);
    assertEquals(
        List.of(
            new PromotedTokens.Token(2, 3),
            new PromotedTokens.Token(0, 2),
            new PromotedTokens.Token(4, 2)),
        promoted.get(0));
    assertEquals(0, promoted.get(1).get(0).id()); // 0, 3 and 4 tie at 0
    assertEquals(5, PromotedTokens.of(FLOAT64, directions, unembedding, 9).get(1).size());
  }

  @Test
  void manyDirectionsGiveWhatEachGivesAlone() {
    Random random = new Random(77);
    Tensor directions = activations(random, 70, 3);
    Weight unembedding = FLOAT64.weight(new HeapTensor("embed", activations(random, 20, 3)));
    List<List<PromotedTokens.Token>> together =
        PromotedTokens.of(FLOAT64, directions, unembedding, 4);
    assertEquals(70, together.size());
    for (int r = 0; r < 70; r++) {
      assertEquals(
          PromotedTokens.of(FLOAT64, directions.rows(r, r + 1), unembedding, 4).get(0),
          together.get(r));
    }
  }
}
