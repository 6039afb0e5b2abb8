package loupe.reference;

/**
 * FLOAT32.md once more, as plainly as possible and without the code that it describes: what tests
 * hold {@link Float32} against. Only the elementary functions are not stated again; their vectors
 * are data.
 */
final class Float32Definition {
  private Float32Definition() {}

  /** A sum of 16 partial sums; {@code next} is called with rising indices. */
  static final class Sum {
    private final float[] partial = new float[16];

    void addProduct(int index, float a, float b) {
      partial[index % 16] = Math.fma(a, b, partial[index % 16]);
    }

    void add(int index, float value) {
      partial[index % 16] = partial[index % 16] + value;
    }

    float total() {
      float[] level = partial.clone();
      for (int half = 8; half >= 1; half /= 2) {
        for (int l = 0; l < half; l++) {
          level[l] = level[l] + level[l + half];
        }
      }
      return level[0] + 0f;
    }
  }

  static float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
    Sum sum = new Sum();
    for (int k = 0; k < count; k++) {
      sum.addProduct(k, a[aOffset + k], b[bOffset + k]);
    }
    return sum.total();
  }

  /** w is {@code [out, in]}. */
  static FloatTensor project(FloatTensor x, float[] w, int outputs) {
    int in = x.dim(1);
    float[] out = new float[x.dim(0) * outputs];
    for (int r = 0; r < x.dim(0); r++) {
      for (int o = 0; o < outputs; o++) {
        out[r * outputs + o] = dot(x.data(), r * in, w, o * in, in);
      }
    }
    return new FloatTensor(out, x.dim(0), outputs);
  }

  /** w is {@code [in, out]}. */
  static FloatTensor combine(FloatTensor x, float[] w, int outputs) {
    int in = x.dim(1);
    float[] out = new float[x.dim(0) * outputs];
    for (int r = 0; r < x.dim(0); r++) {
      for (int o = 0; o < outputs; o++) {
        Sum sum = new Sum();
        for (int k = 0; k < in; k++) {
          if (x.data()[r * in + k] != 0) {
            sum.addProduct(k, x.data()[r * in + k], w[k * outputs + o]);
          }
        }
        out[r * outputs + o] = sum.total();
      }
    }
    return new FloatTensor(out, x.dim(0), outputs);
  }

  static FloatTensor normalize(FloatTensor x, float eps) {
    int width = x.dim(1);
    float[] out = new float[x.size()];
    for (int r = 0; r < x.dim(0); r++) {
      float mean = dot(x.data(), r * width, x.data(), r * width, width) / width;
      float root = (float) Math.sqrt(mean + eps);
      for (int i = 0; i < width; i++) {
        out[r * width + i] = x.data()[r * width + i] * (1f / root);
      }
    }
    return new FloatTensor(out, x.shape());
  }

  static FloatTensor rotate(FloatTensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int h = x.dim(2);
    float[] a = x.data();
    float[] out = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      int d = i % h;
      int p = d % (h / 2);
      double angle = positions[i / (heads * h)] * StrictMath.pow(theta, -2.0 * p / h);
      float cos = (float) StrictMath.cos(angle);
      float sin = (float) StrictMath.sin(angle);
      out[i] = d < h / 2 ? a[i] * cos - a[i + h / 2] * sin : a[i] * cos + a[i - h / 2] * sin;
    }
    return new FloatTensor(out, x.shape());
  }

  /** keys has one row for each position from 0. */
  static FloatTensor scores(FloatTensor q, FloatTensor keys, Span span, float scale) {
    int heads = q.dim(1);
    int h = q.dim(2);
    int width = keys.dim(1);
    float[] out = new float[heads * span.queries() * span.keys()];
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < span.queries(); r++) {
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int key = j * width + n / (heads * h / width) * h;
          out[(n * span.queries() + r) * span.keys() + j] =
              dot(q.data(), (r * heads + n) * h, keys.data(), key, h) * scale;
        }
      }
    }
    return new FloatTensor(out, heads, span.queries(), span.keys());
  }

  static FloatTensor softcap(FloatTensor x, float cap) {
    float[] out = new float[x.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = ElementaryFunctions.tanh(x.data()[i] / cap) * cap;
    }
    return new FloatTensor(out, x.shape());
  }

  static FloatTensor softmax(FloatTensor scores, Span span) {
    float[] a = scores.data();
    float[] out = new float[a.length];
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int at = row * span.keys();
      float max = Float.NEGATIVE_INFINITY;
      for (int j = span.firstKey(r); j <= span.position(r); j++) {
        max = Math.max(max, a[at + j]);
      }
      Sum sum = new Sum();
      for (int j = span.firstKey(r); j <= span.position(r); j++) {
        out[at + j] = ElementaryFunctions.exp(a[at + j] - max);
        sum.add(j, out[at + j]);
      }
      float total = sum.total();
      for (int j = span.firstKey(r); j <= span.position(r); j++) {
        out[at + j] = out[at + j] / total;
      }
    }
    return new FloatTensor(out, scores.shape());
  }

  static FloatTensor mix(FloatTensor pattern, FloatTensor values, Span span, int group) {
    int heads = pattern.dim(0);
    int width = values.dim(1);
    int h = width * group / heads;
    float[] out = new float[span.queries() * heads * h];
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < span.queries(); r++) {
        for (int d = 0; d < h; d++) {
          Sum sum = new Sum();
          for (int j = span.firstKey(r); j <= span.position(r); j++) {
            float weight = pattern.data()[(n * span.queries() + r) * span.keys() + j];
            sum.addProduct(j, weight, values.data()[j * width + n / group * h + d]);
          }
          out[(r * heads + n) * h + d] = sum.total();
        }
      }
    }
    return new FloatTensor(out, span.queries(), heads, h);
  }
}
