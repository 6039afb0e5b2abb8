package loupe.golden.vectors;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.TreeSet;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/** Tensors of golden data as values. */
final class TensorsOf {
  private TensorsOf() {}

  /** All elements in float64. */
  static Tensor stored(StoredTensor stored) {
    double[] values = new double[Math.toIntExact(stored.elementCount())];
    stored.read(0, values, 0, values.length);
    return new DoubleTensor(
        values, Arrays.stream(stored.shape()).mapToInt(Math::toIntExact).toArray());
  }

  /** The parameters of an SAE as a request holds them. */
  static JsonObject parameters(TensorSource source) {
    JsonObject json = new JsonObject();
    for (String name : new TreeSet<>(source.names())) {
      json.add(name, Asker.tensor(stored(source.tensor(name)).as(DType.F32)));
    }
    return json;
  }
}
