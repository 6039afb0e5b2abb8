package loupe.reference;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Several readers and editors as one {@link Hook}, each under a glob of names. A glob that matches
 * none of the known names is refused at once, and an editor that was never called can be asked for
 * after the run: an edit that silently does nothing is the commonest mistake of all.
 */
public final class Hooks implements Hook {
  /** Sees a value. */
  public interface Reader {
    /** As {@link Hook#at}, without an answer. */
    void read(String name, Tensor value, Rows rows);
  }

  /** Sees a value and gives the one to go on with. */
  public interface Editor {
    /** As {@link Hook#at}. */
    Tensor edit(String name, Tensor value, Rows rows);
  }

  private static final class Entry {
    final String label;
    final Editor editor;
    int calls;

    Entry(String label, Editor editor) {
      this.label = label;
      this.editor = editor;
    }
  }

  private final Collection<String> knownNames;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, List<Entry>> byName = new HashMap<>();

  /** No hooks yet; {@code knownNames} are those that the model calls, in order. */
  public Hooks(Collection<String> knownNames) {
    this.knownNames = List.copyOf(knownNames);
  }

  /**
   * Adds a reader.
   *
   * @throws InputException if the glob matches no known name
   */
  public Hooks read(String glob, Reader reader) {
    return edit(
        glob,
        (name, value, rows) -> {
          reader.read(name, value, rows);
          return value;
        });
  }

  /**
   * Adds an editor. Editors of one name are called in the order in which they were added.
   *
   * @throws InputException if the glob matches no known name
   */
  public Hooks edit(String glob, Editor editor) {
    add(glob, select(glob, knownNames), editor);
    return this;
  }

  /** Adds a whole hook, for all known names that it watches. */
  public Hooks add(Hook hook) {
    List<String> names = knownNames.stream().filter(hook::watches).toList();
    if (names.isEmpty()) {
      throw new InputException("a hook watches none of the tensors of this model");
    }
    add(names.get(0), names, hook::at);
    return this;
  }

  private void add(String label, List<String> names, Editor editor) {
    Entry entry = new Entry(label, editor);
    entries.add(entry);
    for (String name : names) {
      byName.computeIfAbsent(name, n -> new ArrayList<>()).add(entry);
    }
  }

  /**
   * The names that a glob matches, in order.
   *
   * @throws InputException if there are none; the message lists a few that come close
   */
  public static List<String> select(String glob, Collection<String> knownNames) {
    NameGlob pattern = new NameGlob(glob);
    List<String> names = knownNames.stream().filter(pattern::matches).toList();
    if (names.isEmpty()) {
      throw new InputException(
          "no tensor is called '" + glob + "'; " + Spelling.suggest(glob, knownNames));
    }
    return names;
  }

  /** The globs or names of editors and readers that were never called. */
  public List<String> unfired() {
    return entries.stream().filter(e -> e.calls == 0).map(e -> e.label).toList();
  }

  @Override
  public boolean watches(String name) {
    return byName.containsKey(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    Tensor current = value;
    for (Entry entry : byName.getOrDefault(name, List.of())) {
      entry.calls++;
      Tensor next = entry.editor.edit(name, current, rows);
      requireSameKind(name, current, next);
      current = next;
    }
    return current;
  }

  private static void requireSameKind(String name, Tensor before, Tensor after) {
    Shapes.requireSame("the edit of " + name, before, after);
    if (before.dtype() != after.dtype()) {
      throw new IllegalArgumentException(
          "the edit of %s gives %s instead of %s; make tensors by Arithmetic.tensor"
              .formatted(name, after.dtype(), before.dtype()));
    }
  }
}
