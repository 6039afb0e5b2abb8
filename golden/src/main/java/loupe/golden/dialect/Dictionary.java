package loupe.golden.dialect;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.loaders.JsonObject;
import loupe.loaders.StrictJson;
import loupe.reference.InputException;
import loupe.reference.Spelling;

/**
 * What other programs call the tensors of {@link loupe.gemma2.HookPoints}, and where the same name
 * is another tensor. The data are the resource {@code names/names.json}; each entry says where in
 * the program's source it was read.
 *
 * @param dialects the programs
 * @param tensors one row for each of our names, in the order of the forward pass
 * @param others names of programs that are no tensor of ours
 */
public record Dictionary(List<Dialect> dialects, List<Row> tensors, List<Other> others) {
  /** The dialect of our own names. */
  public static final String LOUPE = "loupe";

  private static final String RESOURCE = "/loupe/names/names.json";
  private static final Dictionary DICTIONARY = read();

  /**
   * A program's way of naming tensors.
   *
   * @param what the program
   * @param version that was read
   * @param keys how names are written in a file
   * @param source its repository or file
   * @param strip beginnings that names may have or not
   * @param output endings of the name of what a module returns; empty where modules are not named
   * @param input endings of the name of what a module is given
   */
  public record Dialect(
      String name,
      String what,
      String version,
      String keys,
      String source,
      List<String> strip,
      List<String> output,
      List<String> input) {}

  /**
   * A tensor.
   *
   * @param name ours, with {@code {layer}}
   * @param meaning in a few words
   * @param shape our order of axes
   */
  public record Row(String name, String meaning, String shape, List<Entry> entries) {}

  /**
   * What a program calls a tensor.
   *
   * @param name with {@code {layer}}; see {@link NamePattern}
   * @param side {@code input} or {@code output} of a module, where modules are named
   * @param op the operation that made it, where the name alone does not tell
   * @param axes the order of its axes
   * @param times a factor that it has and ours has not
   * @param unless what it may hold instead
   * @param layer which layer it is of, where its name does not say: {@code last} or a number
   * @param note what to beware of; may be empty
   * @param at where it was read in the program's source
   */
  public record Entry(
      String dialect,
      String name,
      Optional<String> side,
      Optional<String> op,
      String axes,
      Optional<String> times,
      Optional<String> unless,
      Optional<String> layer,
      String note,
      String at) {}

  /**
   * A name that is no tensor of ours.
   *
   * @param op the operation that made it, where the name alone does not tell
   * @param is what it is
   * @param not the tensor of ours that one may take it for; may be empty
   * @param at where it was read in the program's source
   */
  public record Other(
      String dialect,
      String name,
      Optional<String> op,
      String is,
      Optional<String> not,
      String at) {}

  /** The dictionary. */
  public static Dictionary get() {
    return DICTIONARY;
  }

  /**
   * The dialect of this name.
   *
   * @throws InputException if there is none
   */
  public Dialect dialect(String name) {
    List<String> names = dialects.stream().map(Dialect::name).toList();
    return dialects.stream()
        .filter(dialect -> dialect.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no dialect '" + name + "'; " + Spelling.suggest(name, names)));
  }

  /** What a program calls a tensor; for our own dialect one entry, the name itself. */
  public List<Entry> entries(Row row, String dialect) {
    return dialect.equals(LOUPE)
        ? List.of(ours(row))
        : row.entries.stream().filter(entry -> entry.dialect.equals(dialect)).toList();
  }

  private static Entry ours(Row row) {
    return new Entry(
        LOUPE,
        row.name,
        Optional.empty(),
        Optional.empty(),
        row.shape,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "",
        "HookPoints.java");
  }

  private static Dictionary read() {
    try (InputStream in = Dictionary.class.getResourceAsStream(RESOURCE)) {
      JsonObject json = StrictJson.readObject(in, "embedded " + RESOURCE);
      json.allowOnly("dialects", "tensors", "others");
      List<Row> rows = new ArrayList<>();
      for (JsonObject row : json.objects("tensors")) {
        row.allowOnly("name", "meaning", "shape", "entries");
        String shape = row.string("shape");
        List<Entry> entries =
            row.objects("entries").stream().map(entry -> entry(entry, shape)).toList();
        rows.add(new Row(row.string("name"), row.string("meaning"), shape, entries));
      }
      return new Dictionary(
          json.objects("dialects").stream().map(Dictionary::dialect).toList(),
          List.copyOf(rows),
          json.objects("others").stream().map(Dictionary::other).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Dialect dialect(JsonObject json) {
    json.allowOnly("name", "what", "version", "keys", "source", "strip", "output", "input");
    return new Dialect(
        json.string("name"),
        json.string("what"),
        json.string("version"),
        json.string("keys"),
        json.string("source"),
        json.has("strip") ? json.strings("strip") : List.of(),
        json.has("output") ? json.strings("output") : List.of(""),
        json.has("input") ? json.strings("input") : List.of());
  }

  private static Entry entry(JsonObject json, String shape) {
    json.allowOnly(
        "dialect", "name", "side", "op", "axes", "times", "unless", "layer", "note", "at");
    return new Entry(
        json.string("dialect"),
        json.string("name"),
        json.optionalString("side"),
        json.optionalString("op"),
        json.optionalString("axes").orElse(shape),
        json.optionalString("times"),
        json.optionalString("unless"),
        json.optionalString("layer"),
        json.optionalString("note").orElse(""),
        json.string("at"));
  }

  private static Other other(JsonObject json) {
    json.allowOnly("dialect", "name", "op", "is", "not", "at");
    return new Other(
        json.string("dialect"),
        json.string("name"),
        json.optionalString("op"),
        json.string("is"),
        json.optionalString("not"),
        json.string("at"));
  }
}
