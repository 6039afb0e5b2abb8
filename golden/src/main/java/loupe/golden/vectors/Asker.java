package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.Base64;
import loupe.golden.GoldenCase;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.loaders.RawElements;
import loupe.reference.FloatTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;

/** Asks the oracle, and writes what requests are made of. */
final class Asker {
  private final Oracle oracle;

  Asker(Workers workers) {
    // The version is only part of hello, which no vector asks for.
    this.oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, workers, "");
  }

  /** The result of a request that must be good. */
  JsonObject result(JsonObject request) {
    JsonObject reply =
        JsonParser.parseString(oracle.answer(request.toString()).json()).getAsJsonObject();
    if (!reply.has("result")) {
      throw new IllegalStateException(request.get("id") + ": " + reply.get("error"));
    }
    return reply.getAsJsonObject("result");
  }

  static JsonObject request(String id, String op, String precision, JsonObject args) {
    JsonObject request = new JsonObject();
    request.addProperty("id", id);
    request.addProperty("op", op);
    if (precision != null) {
      request.addProperty("precision", precision);
    }
    request.add("args", args);
    return request;
  }

  static JsonObject forward(
      String id, String precision, GoldenCase golden, int[] ids, String hook) {
    JsonObject args = new JsonObject();
    args.add("model", model(golden));
    args.add("tokens", ids(ids));
    JsonArray hooks = new JsonArray();
    hooks.add(hook);
    args.add("hooks", hooks);
    return request(id, "forward", precision, args);
  }

  /** A golden case's model as a request describes it: its weights are by formula. */
  static JsonObject model(GoldenCase golden) {
    JsonObject model = new JsonObject();
    model.add("config", JsonParser.parseString(golden.configJson()));
    model.addProperty("seed", golden.seed());
    JsonObject knobs = new JsonObject();
    golden.knobs().byRole().entrySet().stream()
        .sorted(java.util.Map.Entry.comparingByKey())
        .forEach(
            knob -> {
              JsonArray pair = new JsonArray();
              pair.add(knob.getValue().mean());
              pair.add(knob.getValue().scale());
              knobs.add(knob.getKey(), pair);
            });
    model.add("knobs", knobs);
    return model;
  }

  static JsonArray ids(int... ids) {
    JsonArray array = new JsonArray();
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }

  /** A tensor in its own type. */
  static JsonObject tensor(Tensor tensor) {
    JsonObject json = new JsonObject();
    json.addProperty("dtype", tensor.dtype().name());
    json.add("shape", ids(tensor.shape()));
    json.addProperty("data", Base64.getEncoder().encodeToString(RawElements.encode(tensor)));
    return json;
  }

  /** Numbers as F32. */
  static JsonObject floats(float[] values, int... shape) {
    return tensor(new FloatTensor(values, shape));
  }

  /** A true value with the same radius for every element. */
  static JsonObject bounded(double[] values, double radius, int... shape) {
    double[] radii = new double[values.length];
    java.util.Arrays.fill(radii, radius);
    JsonObject json = tensor(new loupe.reference.DoubleTensor(values, shape));
    byte[] bytes = RawElements.encode(new loupe.reference.DoubleTensor(radii, shape));
    json.add("radius", new JsonPrimitive(Base64.getEncoder().encodeToString(bytes)));
    return json;
  }
}
