package loupe.reference;

/**
 * Every operation that a model or an SAE may ask for. The forward pass is written once, in these
 * words; an arithmetic says what they mean: in float64, in float32 with defined bits, with the
 * roundings of some engine, with proven bounds.
 *
 * <p>Operations return new tensors and modify none of their inputs. Row {@code r} of a result
 * depends on row {@code r} of the inputs alone (and on the keys that its query may see), bit for
 * bit: so decode equals prefill, and a batch equals its parts. Thread-safe.
 *
 * <p>Products ({@link #project}, {@link #combine}, {@link #scores}, {@link #mix}) and {@link
 * #normalize} throw {@link NonFiniteException} where a result is NaN or infinite, before a cap, a
 * softmax or a threshold could hide it.
 */
public interface Arithmetic {
  /** The name that users choose it by, such as {@code float64}. */
  String name();

  /** Element type of traces, which holds every value exactly: F32 or F64. */
  DType dtype();

  /**
   * This arithmetic for one forward pass on one thread, with the same bits. It may use the memory
   * of its results again: a result is valid until the next {@link #recycle}, unless it was given to
   * {@link #keep} before.
   */
  default Arithmetic forPass() {
    return this;
  }

  /** A result of {@link #forPass} that somebody may look at later: its memory is his. */
  default void keep(Tensor result) {}

  /** The pass reads none of its results any more, but {@code current} and what was kept. */
  default void recycle(Tensor current) {}

  /** The pass is over; {@code result} is kept, and this arithmetic recycles nothing from now on. */
  default void endPass(Tensor result) {}

  /** Makes a stored tensor ready: a matrix, a vector, or an embedding table. */
  Weight weight(StoredTensor stored);

  /** Values on this arithmetic's grid: each rounded to nearest even where they are wider. */
  Tensor tensor(double[] values, int... shape);

  /** An empty buffer for the keys or values of one layer: rows {@code [head_kv, d_head]}. */
  RowBuffer rowBuffer(int heads, int headSize);

  /** Rows of a table: {@code out[r] = table[ids[r]]}; {@code [pos, d_model]}. */
  Tensor embed(Weight table, int[] ids);

  /** {@code x * factor}, elementwise; the factor is rounded to this arithmetic's grid first. */
  Tensor scale(Tensor x, double factor);

  /**
   * The rows of a table times a factor: a model's scaled embedding. Apart from {@link #embed} and
   * {@link #scale} because engines round this factor in their own ways.
   */
  default Tensor embedScaled(Weight table, int[] ids, double factor) {
    return scale(embed(table, ids), factor);
  }

  /** {@code x / sqrt(mean(x^2) + eps)} along the last axis: RMSNorm before its gain. */
  Tensor normalize(Tensor x, double eps);

  /**
   * {@code xHat * (1 + w)}: the gain of Gemma's RMSNorm, whose weights are stored around 0. {@code
   * w} is {@code [d]}.
   */
  Tensor gain(Tensor xHat, Weight w);

  /**
   * {@code out[r][o] = sum_k x[r][k] * w[o][k]}; x {@code [pos, in]}, w stored {@code [out, in]}.
   */
  Tensor project(Tensor x, Weight w);

  /**
   * {@code out[r][o] = sum_k x[r][k] * w[k][o]}: a linear combination of the rows of w; x {@code
   * [pos, in]}, w stored {@code [in, out]}. Elements of x that are 0 add nothing, and cost nothing
   * where most of them are.
   */
  Tensor combine(Tensor x, Weight w);

  /**
   * Rotary position embedding over the last axis, in half-split pairs: with angle {@code a =
   * position * theta^(-2p/h)}, {@code (x[p], x[p + h/2])} becomes {@code (x[p] cos a - x[p + h/2]
   * sin a, x[p + h/2] cos a + x[p] sin a)}.
   *
   * @param x {@code [pos, head, d_head]}
   * @param positions absolute position of each row
   */
  Tensor rotate(Tensor x, int[] positions, double theta);

  /**
   * {@code scale * <q[i, n], k[j, n / group]>}, where {@code group} = query heads / key heads.
   *
   * @param q {@code [pos, head, d_head]}, rotated
   * @param keys rows {@code [head_kv, d_head]}, rotated; must hold every key that {@code span}
   *     admits
   * @return {@code [head, pos, key]}, key counted from position 0; +0 where {@code span} excludes
   */
  Tensor scores(Tensor q, RowBuffer keys, Span span, double scale);

  /** {@code cap * tanh(x / cap)}, elementwise. */
  Tensor softcap(Tensor x, double cap);

  /**
   * Softmax over the keys that {@code span} admits; +0 elsewhere. {@code [head, pos, key]} to the
   * same shape.
   */
  Tensor softmax(Tensor scores, Span span);

  /**
   * {@code z[i, n] = sum_j pattern[n, i, j] * v[j, n / group]} over the keys that {@code span}
   * admits, where {@code group} = query heads / key heads.
   *
   * @param pattern {@code [head, pos, key]}
   * @param values rows {@code [head_kv, d_head]}
   * @return {@code [pos, head, d_head]}
   */
  Tensor mix(Tensor pattern, RowBuffer values, Span span);

  /** {@code x + y}, elementwise. */
  Tensor add(Tensor x, Tensor y);

  /** {@code x - y}, elementwise. */
  Tensor subtract(Tensor x, Tensor y);

  /** {@code x * y}, elementwise. */
  Tensor multiply(Tensor x, Tensor y);

  /** {@code x / 2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))}: GELU in its tanh form. */
  Tensor gelu(Tensor x);

  /** {@code x + b} with {@code b} {@code [d]} along the last axis. */
  Tensor addBias(Tensor x, Weight b);

  /**
   * {@code x W + b}, either half of an SAE, in one go: what {@link #combine} and {@link #addBias}
   * give.
   *
   * @param w stored {@code [in, out]}
   * @param b {@code [out]}
   * @throws NonFiniteException if a product or a sum is NaN or infinite: a threshold would hide it
   */
  default Tensor affine(Tensor x, Weight w, Weight b) {
    Tensor sum = addBias(combine(x, w), b);
    Finite.checkSum(sum, b);
    return sum;
  }

  /**
   * {@code u} where {@code u > threshold}, strictly, else +0; threshold {@code [d_sae]} along the
   * last axis.
   */
  Tensor jumpRelu(Tensor u, Weight threshold);

  /**
   * Attention in one go, for where nobody watches the scores: the composition of {@link #scores},
   * {@link #softcap}, {@link #softmax} and {@link #mix}, with the same bits. An implementation may
   * replace it by one that never holds all scores.
   *
   * @param cap the soft cap, or 0 for none
   */
  default Tensor attend(
      Tensor q, RowBuffer keys, RowBuffer values, Span span, double scale, double cap) {
    Tensor scores = scores(q, keys, span, scale);
    Tensor capped = cap == 0 ? scores : softcap(scores, cap);
    return mix(softmax(capped, span), values, span);
  }

  /** {@code gelu(gate) * up}: what {@link #gelu} and {@link #multiply} give, in one go. */
  default Tensor geglu(Tensor gate, Tensor up) {
    return multiply(gelu(gate), up);
  }
}
