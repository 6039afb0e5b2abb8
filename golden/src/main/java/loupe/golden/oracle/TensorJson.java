package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.loaders.RawElements;
import loupe.reference.BoundedTensor;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;

/**
 * Tensors in messages: {@code {"dtype":"F32","shape":[2,3],"data":BASE64}}, little-endian and
 * row-major; or, in requests, by formula or from a file.
 */
final class TensorJson {
  private static final int MOST_AXES = 8;
  private static final List<String> KEYS =
      List.of("dtype", "shape", "data", "formula", "file", "tensor");

  private final OracleFiles files;
  private final Limits limits;
  private double elements;

  /** A reader for one request, which counts all its elements. */
  TensorJson(OracleFiles files, Limits limits) {
    this.files = files;
    this.limits = limits;
  }

  /**
   * A tensor that has arrived.
   *
   * @param dtype as it was sent
   * @param values float64 for F64, else float32, exactly
   */
  record Given(DType dtype, Tensor values) {}

  /** What is done with a shape before the elements are there; may refuse it. */
  interface ShapeCheck {
    void check(int[] shape);
  }

  /** Reads a tensor. Its shape is checked before anything is allocated for its elements. */
  Given read(Object value, String place, ShapeCheck check) {
    Map<?, ?> map = Fields.object(value, place);
    for (Object key : map.keySet()) {
      if (!KEYS.contains(key)) {
        throw wrong(place, "has the unknown key " + key + "; a tensor has dtype, shape and data");
      }
    }
    if (map.containsKey("file")) {
      return fromFile(map, place, check);
    }
    DType dtype = dtype(Fields.text(map, "dtype", place), place);
    int[] shape = shape(Fields.list(map, "shape", place), place);
    check.check(shape);
    if (map.containsKey("formula")) {
      Fields.allow(map, place, "dtype", "shape", "formula");
      return new Given(dtype, byFormula(map, dtype, shape, place + ".formula"));
    }
    Fields.allow(map, place, "dtype", "shape", "data");
    return new Given(dtype, decode(dtype, shape, Fields.text(map, "data", place), place));
  }

  private static DType dtype(String name, String place) {
    return switch (name) {
      case "F64" -> DType.F64;
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      default -> throw wrong(place, "has dtype " + name + "; there are F64, F32, F16 and BF16");
    };
  }

  private int[] shape(List<?> axes, String place) {
    if (axes.isEmpty() || axes.size() > MOST_AXES) {
      throw wrong(place, "has %d axes; 1 to %d can be".formatted(axes.size(), MOST_AXES));
    }
    int[] shape = new int[axes.size()];
    double count = 1;
    for (int i = 0; i < shape.length; i++) {
      long axis = Fields.whole(axes.get(i), place + ".shape[" + i + "]");
      if (axis < 1) {
        throw wrong(place, "has an axis of length " + axis + "; they are 1 or more");
      }
      count *= axis;
      limits.requireElements(count, place);
      shape[i] = (int) axis;
    }
    elements += count;
    limits.requireElements(elements, "all tensors of the request together");
    return shape;
  }

  private static Tensor decode(DType dtype, int[] shape, String data, String place) {
    long bytes = (long) size(shape) * dtype.bits() / Byte.SIZE;
    long characters = (bytes + 2) / 3 * 4;
    if (data.length() != characters) {
      throw wrong(
          place,
          "has %d characters of data; %d elements of %s are %d characters of base64"
              .formatted(data.length(), size(shape), dtype, characters));
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(data);
    } catch (IllegalArgumentException e) {
      throw wrong(place, "has data that are no base64 (RFC 4648, section 4)");
    }
    if (decoded.length != bytes) {
      throw wrong(place, "has data of %d bytes instead of %d".formatted(decoded.length, bytes));
    }
    return RawElements.decode(dtype, decoded, shape);
  }

  private Tensor byFormula(Map<?, ?> map, DType dtype, int[] shape, String place) {
    Map<?, ?> formula = Fields.object(map.get("formula"), place);
    Fields.allow(formula, place, "name", "seed", "mean", "scale");
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw wrong(place, "gives F32 or BF16, not " + dtype);
    }
    Knobs.Knob knob =
        new Knobs.Knob(
            Fields.number(formula, "mean", place), Fields.number(formula, "scale", place));
    if (!(Math.abs(knob.mean()) + Math.abs(knob.scale()) <= 1e38)) {
      throw wrong(place, "needs mean and scale below 1e38");
    }
    return inMemory(
        FormulaWeights.tensor(
            Fields.text(formula, "name", place),
            dtype,
            Arrays.stream(shape).asLongStream().toArray(),
            Fields.whole(formula.get("seed"), place + ".seed"),
            knob),
        shape);
  }

  private Given fromFile(Map<?, ?> map, String place, ShapeCheck check) {
    Fields.allow(map, place, "file", "tensor");
    String path = Fields.text(map, "file", place);
    StoredTensor stored = files.tensors(path).tensor(Fields.text(map, "tensor", place));
    if (!stored.dtype().isWeight()) {
      throw wrong(place, "is " + stored.dtype() + "; there are F64, F32, F16 and BF16");
    }
    List<Long> axes = Arrays.stream(stored.shape()).boxed().toList();
    int[] shape = shape(axes, place);
    check.check(shape);
    return new Given(stored.dtype(), inMemory(stored, shape));
  }

  /** All elements of a stored tensor, which is known to be small: F64, else F32. */
  static Tensor inMemory(StoredTensor stored) {
    return inMemory(stored, Arrays.stream(stored.shape()).mapToInt(Math::toIntExact).toArray());
  }

  private static Tensor inMemory(StoredTensor stored, int[] shape) {
    if (stored.dtype() == DType.F64) {
      double[] values = new double[size(shape)];
      stored.read(0, values, 0, values.length);
      return new DoubleTensor(values, shape);
    }
    float[] values = new float[size(shape)];
    stored.read(0, values, 0, values.length);
    return new FloatTensor(values, shape);
  }

  /** Number of elements, which is known to be small. */
  static int size(int[] shape) {
    int count = 1;
    for (int axis : shape) {
      count *= axis;
    }
    return count;
  }

  /** A tensor of a reply; with bounds also {@code radius}, and {@code undecided} where some are. */
  static JsonObject write(Tensor tensor) {
    JsonObject json = new JsonObject();
    json.addProperty("dtype", tensor.dtype().name());
    JsonArray shape = new JsonArray();
    for (int axis : tensor.shape()) {
      shape.add(axis);
    }
    json.add("shape", shape);
    if (tensor instanceof BoundedTensor bounded) {
      json.addProperty("data", base64(RawElements.encode(bounded.values())));
      json.addProperty("radius", base64(RawElements.encode(bounded.radii())));
      JsonArray undecided = new JsonArray();
      for (int i = 0; i < bounded.size(); i++) {
        if (bounded.isUndecided(i)) {
          undecided.add(i);
        }
      }
      if (!undecided.isEmpty()) {
        json.add("undecided", undecided);
      }
    } else {
      json.addProperty("data", base64(RawElements.encode(tensor)));
    }
    return json;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static RefusedException wrong(String place, String message) {
    return new RefusedException(ErrorCode.INVALID_ARGUMENT, place + " " + message);
  }
}
