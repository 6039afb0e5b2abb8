package loupe.golden.oracle;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.Tensor;

/**
 * Reads the arguments of one request, and checks them against the operation's parameters: names,
 * types, ranges, and that an axis name is of one length wherever it stands.
 */
final class ArgumentReader {
  private final Map<String, Object> values = new HashMap<>();
  private final Map<String, Integer> axes = new LinkedHashMap<>();
  private final Map<String, String> boundBy = new HashMap<>();
  private final Operation operation;
  private final TensorJson tensors;
  private final Limits limits;
  private int[] anyShape;

  private ArgumentReader(Operation operation, TensorJson tensors, Limits limits) {
    this.operation = operation;
    this.tensors = tensors;
    this.limits = limits;
  }

  /**
   * Reads arguments, and refuses what is too large.
   *
   * @throws RefusedException if they are not what the operation takes
   */
  static Arguments read(Operation operation, Map<?, ?> args, TensorJson tensors, Context context) {
    ArgumentReader in = new ArgumentReader(operation, tensors, context.limits());
    List<String> names = operation.parameters().stream().map(Parameter::name).toList();
    for (Object key : args.keySet()) {
      if (!names.contains(key)) {
        throw new RefusedException(
            ErrorCode.INVALID_ARGUMENT,
            "args has the key %s, which %s does not take; it takes %s"
                .formatted(
                    key, operation.name(), names.isEmpty() ? "none" : String.join(", ", names)));
      }
    }
    for (Parameter parameter : operation.parameters()) {
      if (args.containsKey(parameter.name())) {
        in.values.put(parameter.name(), in.read(parameter, args.get(parameter.name())));
      } else if (parameter.required()) {
        throw RefusedException.argument(parameter.name(), "is missing: " + parameter.meaning());
      }
    }
    Arguments read = new Arguments(operation, in.values, in.axes, context);
    context.limits().requireMultiplications(read.multiplications());
    in.requireModestResult();
    return read;
  }

  private Object read(Parameter parameter, Object value) {
    String place = "args." + parameter.name();
    return switch (parameter.kind()) {
      case ACTIVATION, WEIGHT -> {
        TensorJson.Given given = tensors.read(value, place, shape -> bind(parameter, shape));
        requireFinite(given.values(), place);
        yield given.values();
      }
      case IDS -> ids(parameter, value);
      case NUMBER -> inRange(parameter, Fields.number(value, place));
      case INTEGER -> (int) inRange(parameter, Fields.whole(value, place));
      case BOOL -> Fields.bool(value, place);
      case TEXT -> Fields.text(value, place);
      case TEXTS -> Fields.list(value, place).stream().map(t -> Fields.text(t, place)).toList();
      case MODEL -> value instanceof String ? value : Fields.object(value, place);
      case SAE -> value instanceof String ? value : saeTensors(value, place);
    };
  }

  private Map<String, Tensor> saeTensors(Object value, String place) {
    Map<String, Tensor> read = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : Fields.object(value, place).entrySet()) {
      String at = place + "." + entry.getKey();
      Tensor tensor = tensors.read(entry.getValue(), at, shape -> {}).values();
      requireFinite(tensor, at);
      read.put((String) entry.getKey(), tensor);
    }
    return read;
  }

  private int[] ids(Parameter parameter, Object value) {
    List<?> list = Fields.list(value, "args." + parameter.name());
    limits.requireElements(list.size(), "args." + parameter.name());
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      String place = "args." + parameter.name() + "[" + i + "]";
      long id = Fields.whole(list.get(i), place);
      if (id < 0 || id > Integer.MAX_VALUE) {
        throw new RefusedException(
            ErrorCode.INVALID_ARGUMENT, place + " must be from 0 to 2^31 - 1, not " + id);
      }
      ids[i] = (int) id;
    }
    if (ids.length == 0 && parameter.required() && operation.isComputed()) {
      throw RefusedException.argument(parameter.name(), "is empty");
    }
    bind(parameter, ids.length);
    return ids;
  }

  private static double inRange(Parameter parameter, double value) {
    if (!parameter.range().admits(value)) {
      throw RefusedException.argument(
          parameter.name(),
          "must be " + parameter.range().text() + ", not " + Schemas.plain(value));
    }
    return value;
  }

  /** Notes the lengths of the axes of a tensor or list, and that they agree with earlier ones. */
  private void bind(Parameter parameter, int... shape) {
    List<String> names = parameter.axes();
    if (names.equals(List.of(Parameter.ANY))) {
      if (anyShape != null && !Arrays.equals(anyShape, shape)) {
        throw RefusedException.argument(
            parameter.name(),
            "has shape %s, but the others have %s"
                .formatted(Arrays.toString(shape), Arrays.toString(anyShape)));
      }
      anyShape = shape;
      return;
    }
    if (names.size() != shape.length) {
      throw RefusedException.argument(
          parameter.name(), "has shape %s; it is %s".formatted(Arrays.toString(shape), names));
    }
    for (int i = 0; i < shape.length; i++) {
      Integer known = axes.putIfAbsent(names.get(i), shape[i]);
      boundBy.putIfAbsent(names.get(i), parameter.name());
      if (known != null && known != shape[i]) {
        throw RefusedException.argument(
            parameter.name(),
            "is %s with %s = %d, but %s has %d"
                .formatted(names, names.get(i), shape[i], boundBy.get(names.get(i)), known));
      }
    }
  }

  private static void requireFinite(Tensor tensor, String place) {
    for (int i = 0; i < tensor.size(); i++) {
      if (!Double.isFinite(tensor.get(i))) {
        throw new RefusedException(
            ErrorCode.NON_FINITE,
            "%s: element %d (row-major) is %s; inputs must be finite"
                .formatted(place, i, tensor.get(i)));
      }
    }
  }

  private void requireModestResult() {
    double total = 0;
    for (Result result : operation.results()) {
      double size = result.kind() == Result.Kind.TENSOR ? 1 : 0;
      for (String axis : result.axes()) {
        size *= axes.getOrDefault(axis, 1);
      }
      total += size;
    }
    limits.requireElements(total, "the result");
  }
}
