package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.reference.DType;

/**
 * Random requests for a program that answers the protocol: small tensors of every awkward shape,
 * numbers on the grid of the program's own format. The same seed gives the same requests.
 */
final class ConformCases {
  /** Lengths that divide into no lanes, one, and two. */
  private static final int[] LENGTHS = {1, 2, 3, 5, 7, 8, 13, 16, 17, 24};

  /** Of ids that are sampled from, with ties. */
  private static final int[] WIDTHS = {1, 2, 5, 17, 60};

  private final Random random;
  private final ConformTexts texts;
  private final DType dtype;

  /**
   * @param dtype of the tensors: F64, F32, F16 or BF16
   */
  ConformCases(long seed, DType dtype) {
    this.random = new Random(seed);
    this.texts = new ConformTexts(seed);
    this.dtype = dtype;
  }

  /** Arguments for one of {@link Conformance#operations}. */
  JsonObject args(Operation operation) {
    switch (operation.name()) {
      case "forward":
        return forward();
      case "tokenize", "detokenize", "chat_prompt":
        return texts.args(operation.name());
      case Sampled.OPERATION:
        return sampling();
      default:
        return computed(operation);
    }
  }

  private JsonObject computed(Operation operation) {
    Map<String, Integer> axes = axes();
    JsonObject args = new JsonObject();
    int[] any = {axes.get("pos"), axes.get("d_model")};
    for (Parameter p : operation.parameters()) {
      if (!p.required() && random.nextBoolean()) {
        continue;
      }
      switch (p.kind()) {
        case ACTIVATION, WEIGHT -> args.add(p.name(), tensor(p, shape(p, axes, any)));
        case IDS -> args.add(p.name(), ids(p, axes));
        case NUMBER -> args.addProperty(p.name(), number(p.name()));
        case INTEGER -> args.addProperty(p.name(), 1 + random.nextInt(8));
        case SAE -> args.add(p.name(), sae(axes));
        default -> throw new IllegalStateException("no random " + p.kind());
      }
    }
    return args;
  }

  private Map<String, Integer> axes() {
    Map<String, Integer> axes = new HashMap<>();
    for (String name : List.of("d_model", "d_in", "d_out", "d_sae", "d_vocab", "pos", "query")) {
      axes.put(name, LENGTHS[random.nextInt(LENGTHS.length)]);
    }
    axes.put("key", axes.get("query") + random.nextInt(6));
    axes.put("head_kv", 1 + random.nextInt(3));
    axes.put("head", axes.get("head_kv") * (1 + random.nextInt(3)));
    axes.put("d_head", 2 * (1 + random.nextInt(8)));
    return axes;
  }

  private static int[] shape(Parameter p, Map<String, Integer> axes, int[] any) {
    return p.axes().contains(Parameter.ANY) ? any : p.axes().stream().mapToInt(axes::get).toArray();
  }

  /** Numbers of the size that they have in a model. */
  private JsonObject tensor(Parameter p, int... shape) {
    double size =
        switch (p.name()) {
          case "scores" -> 20;
          case "pattern" -> 1;
          case "threshold" -> 0.5;
          default ->
              p.kind() == Parameter.Kind.WEIGHT ? 1 : new double[] {0.1, 1, 8}[random.nextInt(3)];
        };
    boolean isPositive = p.name().equals("pattern") || p.name().equals("threshold");
    double[] values = new double[TensorJson.size(shape)];
    for (int i = 0; i < values.length; i++) {
      double value = size * (2 * random.nextFloat() - 1);
      values[i] = isPositive ? Math.abs(value) : value;
    }
    return tensor(values, shape);
  }

  private JsonObject tensor(double[] values, int... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * dtype.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      put(bytes, value);
    }
    JsonObject tensor = new JsonObject();
    tensor.addProperty("dtype", dtype.name());
    JsonArray axes = new JsonArray();
    for (int axis : shape) {
      axes.add(axis);
    }
    tensor.add("shape", axes);
    tensor.addProperty("data", Base64.getEncoder().encodeToString(bytes.array()));
    return tensor;
  }

  private void put(ByteBuffer bytes, double value) {
    switch (dtype) {
      case F64 -> bytes.putDouble(value);
      case F32 -> bytes.putFloat((float) value);
      // Cut off, not rounded: any number will do, if it is on the grid.
      case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) value) >>> 16));
      case F16 -> bytes.putShort(half((float) value));
      default -> throw new IllegalStateException("no tensors of " + dtype);
    }
  }

  /** The float16 next to 0 from {@code x}, for numbers below 65504; subnormal ones become 0. */
  private static short half(float x) {
    int bits = Float.floatToRawIntBits(x);
    int exponent = (bits >>> 23 & 0xff) - 127 + 15;
    int sign = bits >>> 16 & 0x8000;
    return (short) (exponent <= 0 ? sign : sign | exponent << 10 | bits >>> 13 & 0x3ff);
  }

  /**
   * Some logits are alike; filters leave everything, one id, or end within a tie. In every third
   * request both filters cut, so that their order matters.
   */
  private JsonObject sampling() {
    JsonObject args = new JsonObject();
    boolean bothCut = random.nextInt(3) == 0;
    int width = bothCut ? 40 : WIDTHS[random.nextInt(WIDTHS.length)];
    double spread = bothCut ? 1 : any(1, 6);
    double[] logits = new double[width];
    for (int i = 0; i < width; i++) {
      boolean isTie = i > 0 && random.nextInt(3) == 0;
      logits[i] = isTie ? logits[random.nextInt(i)] : spread * (2 * random.nextFloat() - 1);
    }
    args.add("logits", tensor(logits, width));
    if (random.nextBoolean()) {
      args.addProperty("temperature", any(0.25, 0.7, 1, 1.7));
    }
    if (bothCut || random.nextBoolean()) {
      args.addProperty("top_k", (int) (bothCut ? any(5, 7, 9) : any(0, 1, 2, 3, 100)));
    }
    if (bothCut || random.nextBoolean()) {
      args.addProperty("top_p", bothCut ? any(0.5, 0.7) : any(0.001, 0.1, 0.5, 0.9, 1));
    }
    return args;
  }

  private double any(double... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private JsonArray ids(Parameter p, Map<String, Integer> axes) {
    int bound = p.name().equals("ids") ? axes.get("d_vocab") : 5000;
    JsonArray ids = new JsonArray();
    for (int i = 0; i < axes.get("pos"); i++) {
      ids.add(random.nextInt(bound));
    }
    return ids;
  }

  private double number(String name) {
    double[] choices =
        switch (name) {
          case "cap" -> new double[] {50, 30, 5};
          case "eps" -> new double[] {1e-6, 1e-5, 0.25};
          case "theta" -> new double[] {10000, 500, 1e6};
          default -> new double[] {0.0625, 0.25, 0.30151134457776363};
        };
    return any(choices);
  }

  private JsonObject sae(Map<String, Integer> axes) {
    int in = axes.get("d_in");
    int features = axes.get("d_sae");
    int out = axes.get("d_out");
    JsonObject sae = new JsonObject();
    sae.add("W_enc", tensor(Parameter.weight("W_enc", ""), in, features));
    sae.add("b_enc", tensor(Parameter.weight("b_enc", ""), features));
    sae.add("W_dec", tensor(Parameter.weight("W_dec", ""), features, out));
    sae.add("b_dec", tensor(Parameter.weight("b_dec", ""), out));
    sae.add("threshold", tensor(Parameter.weight("threshold", ""), features));
    return sae;
  }

  /** Models with every trap: no two widths alike, windows shorter than the text, odd scalars. */
  private JsonObject forward() {
    int keyHeads = 1 + random.nextInt(3);
    int layers = 1 + random.nextInt(3);
    JsonObject config = new JsonObject();
    config.addProperty("hidden_size", 9 + random.nextInt(16));
    config.addProperty("num_hidden_layers", layers);
    config.addProperty("num_attention_heads", keyHeads * (1 + random.nextInt(3)));
    config.addProperty("num_key_value_heads", keyHeads);
    config.addProperty("head_dim", 2 * (1 + random.nextInt(5)));
    config.addProperty("intermediate_size", 26 + random.nextInt(12));
    int words = 39 + random.nextInt(20);
    config.addProperty("vocab_size", words);
    config.addProperty("query_pre_attn_scalar", 3 + random.nextInt(40));
    config.addProperty("sliding_window", 1 + random.nextInt(5));
    config.addProperty("attn_logit_softcapping", random.nextBoolean() ? 50 : 5);
    config.addProperty("final_logit_softcapping", random.nextBoolean() ? 30 : 3);
    config.addProperty("rope_theta", random.nextBoolean() ? 10000 : 500);
    config.addProperty("rms_norm_eps", random.nextBoolean() ? 1e-6 : 0.01);
    // Weights of a narrow program are narrow from the start, so that loading rounds nothing.
    boolean isWide = dtype == DType.F64 || dtype == DType.F32;
    config.addProperty("torch_dtype", random.nextBoolean() && isWide ? "float32" : "bfloat16");
    JsonArray types = new JsonArray();
    for (int i = 0; i < layers; i++) {
      types.add(random.nextBoolean() ? "sliding_attention" : "full_attention");
    }
    config.add("layer_types", types);
    JsonObject model = new JsonObject();
    model.add("config", config);
    model.addProperty("seed", random.nextInt(1 << 20));
    JsonArray tokens = new JsonArray();
    int count = 1 + random.nextInt(9);
    for (int i = 0; i < count; i++) {
      tokens.add(i == 0 ? 2 : random.nextInt(words));
    }
    JsonArray hooks = new JsonArray();
    hooks.add("*");
    JsonObject args = new JsonObject();
    args.add("model", model);
    args.add("tokens", tokens);
    args.add("hooks", hooks);
    return args;
  }
}
