package loupe.golden.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import loupe.gemma2.HookPoints;
import loupe.golden.GoldenCase;
import org.junit.jupiter.api.Test;

class DictionaryTest {
  private static final Dictionary DICTIONARY = Dictionary.get();

  @Test
  void everyHookPointHasARowInTheOrderOfThePass() {
    List<String> layerZero =
        HookPoints.all(GoldenCase.of("mild").config()).stream()
            .filter(name -> !name.startsWith("blocks.") || name.startsWith("blocks.0."))
            .toList();
    assertEquals(
        layerZero,
        DICTIONARY.tensors().stream().map(row -> NamePattern.fill(row.name(), 0)).toList());
  }

  @Test
  void axesOfEveryEntryAreThoseOfTheTensor() {
    for (Dictionary.Row row : DICTIONARY.tensors()) {
      for (Dictionary.Entry entry : row.entries()) {
        assertEquals(words(row.shape()), words(entry.axes()), entry.name());
      }
    }
  }

  private static TreeSet<String> words(String axes) {
    String elementary =
        Arrays.stream(axes.split("[ *]"))
            .map(word -> word.equals("head") ? "head_kv group" : word)
            .collect(Collectors.joining(" "));
    TreeSet<String> words = new TreeSet<>(List.of(elementary.split(" ")));
    words.removeAll(List.of("batch", "copy"));
    return words;
  }

  @Test
  void everyEntryNamesItsDialectAndItsSource() {
    List<String> dialects = DICTIONARY.dialects().stream().map(Dictionary.Dialect::name).toList();
    for (Dictionary.Row row : DICTIONARY.tensors()) {
      for (Dictionary.Entry entry : row.entries()) {
        assertTrue(dialects.contains(entry.dialect()), entry.name());
        assertFalse(entry.at().isBlank(), entry.name());
      }
    }
    for (Dictionary.Other other : DICTIONARY.others()) {
      assertTrue(dialects.contains(other.dialect()), other.name());
      assertFalse(other.at().isBlank(), other.name());
    }
  }
}
