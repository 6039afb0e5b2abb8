package loupe.golden.oracle;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.reference.Arithmetic;
import loupe.reference.BoundedTensor;
import loupe.reference.DType;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import loupe.sae.JumpReluSae;

/**
 * The arguments of one request, as {@link ArgumentReader} has checked them against the operation's
 * parameters.
 */
final class Arguments {
  private final Operation operation;
  private final Map<String, Object> values;
  private final Map<String, Integer> axes;
  private final Context context;

  /**
   * @param values by name
   * @param axes lengths by name
   */
  Arguments(
      Operation operation, Map<String, Object> values, Map<String, Integer> axes, Context context) {
    this.operation = operation;
    this.values = values;
    this.axes = axes;
    this.context = context;
  }

  /** The same arguments but for these; null for what is left out. */
  Arguments with(Map<String, Object> changed) {
    Map<String, Object> other = new HashMap<>(values);
    other.putAll(changed);
    other.values().removeIf(Objects::isNull);
    return new Arguments(operation, other, axes, context);
  }

  /** About how many there are: the product of the lengths of all axes. */
  double multiplications() {
    double product = 1;
    for (int axis : axes.values()) {
      product *= axis;
    }
    return product;
  }

  /** Whether the operation has an argument of this name, given or not. */
  boolean takes(String name) {
    return operation.parameters().stream().anyMatch(p -> p.name().equals(name));
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** An activation in the words of an arithmetic: on its grid. */
  Tensor activation(Arithmetic a, String name) {
    Tensor given = given(name);
    return given instanceof BoundedTensor ? given : a.tensor(given.toDoubles(), given.shape());
  }

  /** A tensor as it was given. */
  Tensor given(String name) {
    return (Tensor) values.get(name);
  }

  /** All activations that were given, by name. */
  Map<String, Tensor> activations() {
    Map<String, Tensor> found = new LinkedHashMap<>();
    for (Parameter parameter : operation.parameters()) {
      if (parameter.kind() == Parameter.Kind.ACTIVATION && has(parameter.name())) {
        found.put(parameter.name(), given(parameter.name()));
      }
    }
    return found;
  }

  /** A tensor in float64, exactly. */
  Tensor float64(String name) {
    return given(name).as(DType.F64);
  }

  /** A weight, as an arithmetic loads it. */
  Weight weight(Arithmetic a, String name) {
    return values.get(name) instanceof StoredTensor stored
        ? a.weight(stored)
        : a.weight(new HeapTensor("args." + name, given(name)));
  }

  int[] ids(String name) {
    return (int[]) values.get(name);
  }

  double number(String name) {
    return (Double) values.get(name);
  }

  double number(String name, double absent) {
    return has(name) ? number(name) : absent;
  }

  int integer(String name, int absent) {
    return has(name) ? (Integer) values.get(name) : absent;
  }

  boolean bool(String name, boolean absent) {
    return has(name) ? (Boolean) values.get(name) : absent;
  }

  String text(String name, String absent) {
    return has(name) ? (String) values.get(name) : absent;
  }

  @SuppressWarnings("unchecked")
  List<String> texts(String name, List<String> absent) {
    return has(name) ? (List<String>) values.get(name) : absent;
  }

  /** What stands for a model: a name, or an object. */
  Object model() {
    return values.get("model");
  }

  /** The SAE that the request names or holds. */
  @SuppressWarnings("unchecked")
  JumpReluSae sae(Arithmetic a) {
    if (values.get("sae") instanceof JumpReluSae ready) {
      return ready;
    }
    if (values.get("sae") instanceof String name) {
      try {
        return context.files().sae(name, a);
      } catch (RefusedException e) {
        throw e;
      } catch (InputException e) {
        throw new RefusedException(ErrorCode.UNAVAILABLE, "args.sae: " + e.getMessage());
      }
    }
    return SaeOperations.of((Map<String, Tensor>) values.get("sae"), a);
  }

  Limits limits() {
    return context.limits();
  }

  /** Length of an axis. */
  int axis(String name) {
    return axes.get(name);
  }

  /** Length of an axis, if there is one of this name. */
  int axis(String name, int absent) {
    return axes.getOrDefault(name, absent);
  }

  /**
   * The last {@code query} of {@code key} positions, and which keys they see.
   *
   * @throws RefusedException if there are fewer keys than queries
   */
  Span span() {
    int first = axis("key") - axis("query");
    if (first < 0) {
      throw new RefusedException(
          ErrorCode.INVALID_ARGUMENT,
          "%d queries are the last of only %d keys".formatted(axis("query"), axis("key")));
    }
    return new Span(first, axis("query"), integer("window", Span.UNLIMITED));
  }

  /** Key heads, each for as many query heads. */
  int keyHeads() {
    if (axis("head") % axis("head_kv") != 0) {
      throw new RefusedException(
          ErrorCode.INVALID_ARGUMENT,
          "%d heads cannot share %d key heads".formatted(axis("head"), axis("head_kv")));
    }
    return axis("head_kv");
  }
}
