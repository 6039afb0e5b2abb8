package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Hook;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.RowGather;
import loupe.tests.arbitraries.TensorMap;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Token ids are names: no number depends on which id a token has. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class VocabularyPermutationTest {
  @Property
  void renumberingTheTokensRenumbersTheLogitsAndChangesNoBit(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll Random random) {
    Gemma2Config c = tiny.config();
    List<Integer> order = new ArrayList<>(IntStream.range(0, c.dVocab()).boxed().toList());
    Collections.shuffle(order, random);
    int[] oldIds = order.stream().mapToInt(Integer::intValue).toArray();
    Map<String, StoredTensor> tensors = tiny.tensors();
    for (String table : List.of("model.embed_tokens.weight", "lm_head.weight")) {
      tensors.computeIfPresent(table, (n, w) -> new RowGather(w, oldIds));
    }
    Gemma2 renumbered = new Gemma2(c, new TensorMap(tensors), precision.arithmetic());
    int[] ids = text.ids(c);
    int[] newIds = IntStream.of(ids).map(order::indexOf).toArray();

    Tensor logits = tiny.in(precision).forward(ids, Hook.NONE);
    Tensor other = renumbered.forward(newIds, Hook.NONE);

    for (int i = 0; i < logits.size(); i++) {
      int row = i / c.dVocab();
      int newId = i % c.dVocab();
      assertEquals(
          logits.get(row * c.dVocab() + oldIds[newId]),
          other.get(i),
          "row " + row + ", id " + newId);
    }
  }
}
