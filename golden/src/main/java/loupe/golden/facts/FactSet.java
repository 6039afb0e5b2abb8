package loupe.golden.facts;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.loaders.JsonObject;
import loupe.loaders.StrictJson;
import loupe.reference.InputException;

/** A set of facts: the published ones, or those of a file of the same form. */
public final class FactSet {
  private static final String FOLDER = "/loupe/facts/";

  private final String origin;
  private final Map<String, Fact> facts = new LinkedHashMap<>();

  private FactSet(String origin, Object json) {
    this.origin = origin;
    if (!(json instanceof List<?> list)) {
      throw new InputException(origin + ": a set of facts is an array of objects");
    }
    Hints hints = new Hints(StrictJsonResource.object("hints.json"));
    for (JsonObject entry : new JsonObject(origin, "$", Map.of("facts", list)).objects("facts")) {
      Fact fact = Fact.read(entry, hints);
      if (!Kinds.names().contains(fact.kind())) {
        throw entry.failure("kind", "is none of " + String.join(", ", Kinds.names()));
      }
      if (facts.put(fact.id(), fact) != null) {
        throw entry.failure("id", "there are two facts called " + fact.id());
      }
    }
  }

  /** The published facts about Gemma 2 and Gemma Scope. */
  public static FactSet published() {
    return new FactSet("published facts", StrictJsonResource.value("published.json"));
  }

  /**
   * The facts of a file.
   *
   * @throws InputException if it cannot be read, or does not hold facts
   */
  public static FactSet read(Path file) {
    return new FactSet(file.toString(), StrictJson.read(file));
  }

  /** All facts, in the order of the file. */
  public List<Fact> all() {
    return new ArrayList<>(facts.values());
  }

  /** The fact of this name, to which another refers. */
  Fact of(String id) {
    Fact fact = facts.get(id);
    if (fact == null) {
      throw new NotApplicable("refers to the fact " + id + ", which is not in " + origin);
    }
    return fact;
  }

  /** The files of the resource folder {@code loupe/facts}. */
  private static final class StrictJsonResource {
    static Object value(String name) {
      try (InputStream in = FactSet.class.getResourceAsStream(FOLDER + name)) {
        return StrictJson.read(in, "embedded facts/" + name);
      } catch (IOException e) {
        throw new UncheckedIOException(name, e);
      }
    }

    static JsonObject object(String name) {
      return new JsonObject(name, "$", Map.of("file", value(name))).object("file");
    }
  }
}
