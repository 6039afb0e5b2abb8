package loupe.golden.oracle;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The JSON Schemas (draft 2020-12) of all messages, made from the table of operations. The jar
 * holds their text as the resource {@code loupe/oracle/schema.json}; a test keeps both equal.
 */
public final class Schemas {
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /** Parts that the table does not say. */
  private static final String FIXED =
      """
      {
        "id": {"type": ["string", "integer", "null"], "maxLength": 200},
        "dtype": {"enum": ["F64", "F32", "F16", "BF16"]},
        "shape": {"type": "array", "minItems": 1, "maxItems": 8,
          "items": {"type": "integer", "minimum": 1}},
        "base64": {"type": "string", "pattern": "^[A-Za-z0-9+/]*={0,2}$"},
        "ids": {"type": "array",
          "items": {"type": "integer", "minimum": 0, "maximum": 2147483647}},
        "texts": {"type": "array", "items": {"type": "string"}},
        "tensor": {"type": "object", "oneOf": [
          {"required": ["dtype", "shape", "data"], "additionalProperties": false, "properties": {
            "dtype": {"$ref": "#/$defs/dtype"}, "shape": {"$ref": "#/$defs/shape"},
            "data": {"$ref": "#/$defs/base64"}}},
          {"required": ["dtype", "shape", "formula"], "additionalProperties": false, "properties": {
            "dtype": {"enum": ["F32", "BF16"]}, "shape": {"$ref": "#/$defs/shape"},
            "formula": {"type": "object", "required": ["name", "seed", "mean", "scale"],
              "additionalProperties": false, "properties": {
                "name": {"type": "string"}, "seed": {"type": "integer"},
                "mean": {"type": "number"}, "scale": {"type": "number"}}}}},
          {"required": ["file", "tensor"], "additionalProperties": false, "properties": {
            "file": {"type": "string"}, "tensor": {"type": "string"}}}]},
        "tensors": {"type": "object", "additionalProperties": {"$ref": "#/$defs/tensor"}},
        "result_tensor": {"type": "object", "required": ["dtype", "shape", "data"],
          "additionalProperties": false, "properties": {
            "dtype": {"$ref": "#/$defs/dtype"}, "shape": {"$ref": "#/$defs/shape"},
            "data": {"$ref": "#/$defs/base64"}, "radius": {"$ref": "#/$defs/base64"},
            "undecided": {"$ref": "#/$defs/ids"}}},
        "result_tensors": {"type": "object",
          "additionalProperties": {"$ref": "#/$defs/result_tensor"}},
        "model": {"oneOf": [{"type": "string"},
          {"type": "object", "required": ["config"], "additionalProperties": false, "properties": {
            "config": {"type": "object"}, "seed": {"type": "integer"},
            "knobs": {"type": "object", "additionalProperties": {
              "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}}}]},
        "sae": {"oneOf": [{"type": "string"},
          {"type": "object", "additionalProperties": {"$ref": "#/$defs/tensor"},
            "required": ["W_enc", "b_enc", "W_dec", "b_dec", "threshold"]}]},
        "verdict": {"type": "object",
          "required": ["verdict", "precision", "first_divergence", "diagnosis", "compared", "skipped",
            "tensors"],
          "properties": {
            "verdict": {"enum": ["pass", "fail", "undecidable"]}, "precision": {"type": "string"},
            "first_divergence": {"type": ["object", "null"]},
            "diagnosis": {"type": "array", "items": {"type": "object"}},
            "compared": {"type": "integer", "minimum": 0},
            "skipped": {"type": "array", "items": {"type": "object"}},
            "tensors": {"type": "array", "items": {"type": "object"}}}},
        "reply": {"type": "object", "oneOf": [
          {"required": ["id", "result"], "additionalProperties": false, "properties": {
            "id": {"$ref": "#/$defs/id"}, "result": {"type": "object"},
            "quirk": {"type": "string"}}},
          {"required": ["id", "error"], "additionalProperties": false, "properties": {
            "id": {"$ref": "#/$defs/id"}, "error": {"type": "object",
              "required": ["code", "message"], "additionalProperties": false, "properties": {
                "code": {"type": "string"}, "message": {"type": "string"}}},
            "quirk": {"type": "string"}}}]}
      }
      """;

  private Schemas() {}

  /** The whole schema. A message is valid if it is a request or a reply. */
  public static JsonObject all() {
    JsonObject root = new JsonObject();
    root.addProperty("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.addProperty("title", "Messages of the Loupe oracle, protocol " + Inquiries.PROTOCOL);
    JsonArray either = new JsonArray();
    either.add(ref("request"));
    either.add(ref("reply"));
    root.add("anyOf", either);
    JsonObject defs = JsonParser.parseString(FIXED).getAsJsonObject();
    JsonArray requests = new JsonArray();
    for (Operation operation : Operations.all().values()) {
      requests.add(request(operation));
      defs.add("args." + operation.name(), args(operation));
      defs.add("result." + operation.name(), result(operation));
    }
    JsonObject request = new JsonObject();
    request.addProperty("type", "object");
    request.add("oneOf", requests);
    defs.add("request", request);
    root.add("$defs", defs);
    return root;
  }

  /** Its text. */
  public static String text() {
    return PRETTY.toJson(all()) + "\n";
  }

  /** SHA-256 of the text. */
  static String digest() {
    return Digest.OF_TEXT;
  }

  private static final class Digest {
    static final String OF_TEXT = sha256(text());

    private static String sha256(String text) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }
  }

  private static JsonObject request(Operation operation) {
    JsonObject properties = new JsonObject();
    properties.add("id", ref("id"));
    JsonObject op = new JsonObject();
    op.addProperty("const", operation.name());
    properties.add("op", op);
    properties.add("args", ref("args." + operation.name()));
    if (operation.isComputed()) {
      properties.add("arithmetic", type("string"));
      properties.add("precision", type("string"));
      JsonObject ulp = type("number");
      ulp.addProperty("minimum", 1);
      ulp.addProperty("maximum", 1024);
      properties.add("elementary_ulp", ulp);
      properties.add("theirs", ref("tensors"));
    }
    JsonArray required = new JsonArray();
    required.add("op");
    if (operation.parameters().stream().anyMatch(Parameter::required)) {
      required.add("args");
    }
    return object(properties, required);
  }

  private static JsonObject object(JsonObject properties, JsonArray required) {
    JsonObject schema = type("object");
    schema.add("required", required);
    schema.addProperty("additionalProperties", false);
    schema.add("properties", properties);
    return schema;
  }

  /** Of an operation's arguments; the whole schema's definitions are referred to. */
  static JsonObject args(Operation operation) {
    JsonObject properties = new JsonObject();
    JsonArray required = new JsonArray();
    for (Parameter parameter : operation.parameters()) {
      JsonObject schema = schema(parameter);
      schema.addProperty("description", described(parameter.meaning(), parameter.axes()));
      properties.add(parameter.name(), schema);
      if (parameter.required()) {
        required.add(parameter.name());
      }
    }
    return object(properties, required);
  }

  private static JsonObject schema(Parameter parameter) {
    return switch (parameter.kind()) {
      case ACTIVATION, WEIGHT -> ref("tensor");
      case IDS -> ref("ids");
      case NUMBER -> inRange(type("number"), parameter.range());
      case INTEGER -> inRange(type("integer"), parameter.range());
      case BOOL -> type("boolean");
      case TEXT -> type("string");
      case TEXTS -> ref("texts");
      case MODEL -> ref("model");
      case SAE -> ref("sae");
    };
  }

  private static JsonObject inRange(JsonObject schema, Parameter.Range range) {
    if (range.least() > -Double.MAX_VALUE) {
      schema.add(
          range.above() ? "exclusiveMinimum" : "minimum",
          JsonParser.parseString(plain(range.least())));
    }
    if (range.most() < Double.MAX_VALUE) {
      schema.add("maximum", JsonParser.parseString(plain(range.most())));
    }
    return schema;
  }

  /** Of an operation's result: values, or where theirs were sent, a verdict. */
  static JsonObject result(Operation operation) {
    JsonObject properties = new JsonObject();
    JsonArray required = new JsonArray();
    for (Result result : operation.results()) {
      JsonObject schema =
          switch (result.kind()) {
            case TENSOR -> ref("result_tensor");
            case TENSORS -> ref("result_tensors");
            case IDS -> ref("ids");
            case INTEGER -> type("integer");
            case TEXT -> type("string");
            case TEXTS -> ref("texts");
            case OBJECT -> type("object");
          };
      schema.addProperty("description", described(result.meaning(), result.axes()));
      properties.add(result.name(), schema);
      required.add(result.name());
    }
    JsonObject values = object(properties, required);
    if (!operation.isComputed()) {
      return values;
    }
    JsonObject verdict = new JsonObject();
    verdict.add("verdict", ref("verdict"));
    JsonArray needed = new JsonArray();
    needed.add("verdict");
    JsonArray either = new JsonArray();
    either.add(values);
    either.add(object(verdict, needed));
    JsonObject schema = new JsonObject();
    schema.add("oneOf", either);
    return schema;
  }

  private static String described(String meaning, java.util.List<String> axes) {
    return axes.isEmpty() ? meaning : axes + ": " + meaning;
  }

  private static JsonObject type(String type) {
    JsonObject schema = new JsonObject();
    schema.addProperty("type", type);
    return schema;
  }

  private static JsonObject ref(String definition) {
    JsonObject schema = new JsonObject();
    schema.addProperty("$ref", "#/$defs/" + definition);
    return schema;
  }

  /** A number without a fraction that is 0. */
  static String plain(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? Long.toString((long) value) : Double.toString(value);
  }
}
