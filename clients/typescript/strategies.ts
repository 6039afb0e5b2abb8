/** Random inputs for fast-check that shrink well: towards small shapes, round numbers, few traps. */
import fc from "fast-check";
import { Tensor, tensor } from "./oracle.js";

/** Float32 numbers up to `size`. */
export function numbers(size: number, count: number): fc.Arbitrary<number[]> {
  const limit = Math.fround(size);
  return fc.array(fc.float({ min: -limit, max: limit, noNaN: true }), {
    minLength: count,
    maxLength: count,
  });
}

/** A tensor of this shape. */
export function tensors(shape: number[], size = 8): fc.Arbitrary<Tensor> {
  const count = shape.reduce((a, b) => a * b, 1);
  return numbers(size, count).map((flat) => tensor(flat, shape));
}

export type Model = { config: Record<string, any>; seed: number };

/**
 * A tiny model by formula with the traps of real ones: heads that share keys, d_head that is not
 * d_model / heads, a query scalar of its own, short windows, layers in any order, no caps.
 */
export function models(): fc.Arbitrary<Model> {
  return fc
    .record({
      hidden: fc.integer({ min: 2, max: 24 }),
      layers: fc.array(fc.constantFrom("full_attention", "sliding_attention"), {
        minLength: 1,
        maxLength: 3,
      }),
      keyHeads: fc.integer({ min: 1, max: 3 }),
      group: fc.integer({ min: 1, max: 3 }),
      halfHead: fc.integer({ min: 1, max: 6 }),
      mlp: fc.integer({ min: 1, max: 30 }),
      words: fc.integer({ min: 5, max: 60 }),
      scalar: fc.integer({ min: 1, max: 300 }),
      attnCap: fc.constantFrom(50, null, 5),
      finalCap: fc.constantFrom(30, null, 3),
      window: fc.integer({ min: 1, max: 6 }),
      theta: fc.constantFrom(10000, 500),
      eps: fc.constantFrom(1e-6, 0.01),
      dtype: fc.constantFrom("float32", "bfloat16"),
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    })
    .map((m) => ({
      seed: m.seed,
      config: {
        hidden_size: m.hidden,
        num_hidden_layers: m.layers.length,
        num_attention_heads: m.keyHeads * m.group,
        num_key_value_heads: m.keyHeads,
        head_dim: 2 * m.halfHead,
        intermediate_size: m.mlp,
        vocab_size: m.words,
        query_pre_attn_scalar: m.scalar,
        attn_logit_softcapping: m.attnCap,
        final_logit_softcapping: m.finalCap,
        sliding_window: m.window,
        layer_types: m.layers,
        rope_theta: m.theta,
        rms_norm_eps: m.eps,
        torch_dtype: m.dtype,
      },
    }));
}

/** Ids for a model, <bos> first. */
export function tokens(model: Model): fc.Arbitrary<number[]> {
  const id = fc.integer({ min: 0, max: model.config.vocab_size - 1 });
  return fc.array(id, { maxLength: 8 }).map((rest) => [2, ...rest]);
}

/** `pre` and `threshold` for sae_jumprelu: on the threshold, a step beside it, and far. */
export function nearThresholds(rows: number, features: number): fc.Arbitrary<{ pre: Tensor; threshold: Tensor }> {
  const limits = fc.array(fc.float({ min: 0.125, max: 2, noNaN: true }), {
    minLength: features,
    maxLength: features,
  });
  const steps = fc.array(fc.constantFrom(0, 1, -1, 1 << 22, -(1 << 22)), {
    minLength: rows * features,
    maxLength: rows * features,
  });
  return fc.tuple(limits, steps).map(([thresholds, moved]) => {
    const pre = new Float32Array(moved.map((_, i) => thresholds[i % features]));
    const bits = new Int32Array(pre.buffer);
    moved.forEach((step, i) => (bits[i] += step));
    return { pre: tensor(pre, [rows, features]), threshold: tensor(thresholds) };
  });
}
