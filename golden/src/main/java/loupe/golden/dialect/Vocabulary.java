package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import loupe.golden.dialect.Dictionary.Dialect;
import loupe.golden.dialect.Dictionary.Entry;
import loupe.golden.dialect.Dictionary.Other;
import loupe.golden.dialect.Dictionary.Row;

/** One dialect's names for a model with so many layers, ready to be looked up. */
final class Vocabulary {
  private final Dialect dialect;
  private final int layers;
  private final List<Word> words = new ArrayList<>();
  private final List<OtherWord> others = new ArrayList<>();

  /** A name that a tensor of ours has, as far as the name goes. */
  record Meaning(String name, Row row, Entry entry) {}

  private record Word(NamePattern whole, NamePattern label, Row row, Entry entry) {}

  private record OtherWord(NamePattern pattern, Other other) {}

  Vocabulary(Dictionary dictionary, Dialect dialect, int layers) {
    this.dialect = dialect;
    this.layers = layers;
    for (Row row : dictionary.tensors()) {
      for (Entry entry : dictionary.entries(row, dialect.name())) {
        String label = stripped(entry.name());
        NamePattern whole =
            new NamePattern(label + entry.op().map(op -> "#" + op).orElse(""), layers);
        words.add(new Word(whole, new NamePattern(label, layers), row, entry));
      }
    }
    for (Other other : dictionary.others()) {
      if (other.dialect().equals(dialect.name())) {
        String operation = other.op().map(op -> "#" + op).orElse("");
        others.add(
            new OtherWord(new NamePattern(stripped(other.name()) + operation, layers), other));
      }
    }
  }

  /** {@code layers_output[5]} is {@code layers_output.5}; beginnings that may be missing go. */
  private String stripped(String name) {
    String plain = name.replaceAll("\\[(\\d+)]", ".$1");
    for (String beginning : dialect.strip()) {
      if (plain.startsWith(beginning)) {
        plain = plain.substring(beginning.length());
      }
    }
    return plain;
  }

  /** Everything that a name of a dump may mean. */
  List<Meaning> meanings(String name) {
    String plain = stripped(name);
    int hash = plain.indexOf('#');
    String label = hash < 0 ? plain : plain.substring(0, hash);
    List<Meaning> meanings = new ArrayList<>();
    for (Word word : words) {
      boolean byOperation = word.entry.op().isPresent();
      if (byOperation && hash < 0 && word.entry.name().equals("*")) {
        continue;
      }
      boolean whole = byOperation && hash >= 0;
      NamePattern pattern = whole ? word.whole : word.label;
      for (String ending : endings(word.entry)) {
        String text = whole ? plain : label;
        if (text.endsWith(ending)) {
          String body = text.substring(0, text.length() - ending.length());
          pattern.match(body).ifPresent(layer -> add(word, layer, meanings));
        }
      }
    }
    return meanings;
  }

  private List<String> endings(Entry entry) {
    return entry
        .side()
        .map(side -> side.equals("input") ? dialect.input() : dialect.output())
        .orElse(List.of(""));
  }

  private void add(Word word, int found, List<Meaning> meanings) {
    OptionalInt said =
        word.entry
            .layer()
            .map(l -> OptionalInt.of(l.equals("last") ? layers - 1 : Integer.parseInt(l)))
            .orElse(OptionalInt.empty());
    if (said.isPresent() && found != NamePattern.NO_LAYER && found != said.getAsInt()) {
      return;
    }
    int layer = said.orElse(found);
    boolean needsLayer = word.row.name().contains("{layer}");
    if (needsLayer && (layer < 0 || layer >= layers)) {
      return;
    }
    meanings.add(new Meaning(NamePattern.fill(word.row.name(), layer), word.row, word.entry));
  }

  /** Why a name that means no tensor of ours is left out. */
  String reasonToSkip(String name) {
    String plain = stripped(name);
    int hash = plain.indexOf('#');
    String label = hash < 0 ? plain : plain.substring(0, hash);
    List<String> endings = new ArrayList<>(dialect.output());
    for (OtherWord word : others) {
      for (String ending : endings) {
        String text = word.other.op().isPresent() ? plain : label;
        if (text.endsWith(ending)) {
          String body = text.substring(0, text.length() - ending.length());
          if (word.pattern.match(body).isPresent()) {
            return word.other.is() + word.other.not().map(not -> "; not " + not).orElse("");
          }
        }
      }
    }
    return "no tensor of this model is called so";
  }
}
