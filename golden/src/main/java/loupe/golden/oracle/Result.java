package loupe.golden.oracle;

import java.util.List;

/**
 * One entry of an operation's result.
 *
 * @param kind what it is
 * @param axes of a tensor, by the names of {@link Parameter#axes}
 */
public record Result(String name, Kind kind, List<String> axes, String meaning) {
  /** What an entry is. */
  public enum Kind {
    TENSOR,
    TENSORS,
    IDS,
    INTEGER,
    TEXT,
    TEXTS,
    OBJECT
  }

  static Result tensor(String name, String meaning, String... axes) {
    return new Result(name, Kind.TENSOR, List.of(axes), meaning);
  }

  static Result of(Kind kind, String name, String meaning) {
    return new Result(name, kind, List.of(), meaning);
  }
}
