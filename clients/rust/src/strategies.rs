//! Random inputs that shrink well: towards small shapes, round numbers, few traps.

use crate::tensor;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{json, Value};

/// Float32 numbers up to `size`; shrink to 0.
pub fn numbers(size: f32, count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-size..size, count)
}

/// A tensor of this shape.
pub fn tensors(shape: Vec<usize>, size: f32) -> impl Strategy<Value = Value> {
    numbers(size, shape.iter().product()).prop_map(move |v| tensor(&v, &shape))
}

/// A tiny model by formula with the traps of real ones: heads that share keys, d_head that is not
/// d_model / heads, a query scalar of its own, short windows, layers in any order, no caps.
pub fn models() -> impl Strategy<Value = Value> {
    let sizes = (
        2..24usize,
        1..4usize,
        1..4usize,
        1..7usize,
        1..30usize,
        5..60usize,
    );
    let layers = prop::collection::vec(select(vec!["full_attention", "sliding_attention"]), 1..4);
    let scalars = (
        1..300u32,
        select(vec![json!(50.0), Value::Null, json!(5.0)]),
        select(vec![json!(30.0), Value::Null, json!(3.0)]),
        1..7u32,
        select(vec![10000.0, 500.0]),
        select(vec![1e-6, 0.01]),
        select(vec!["float32", "bfloat16"]),
    );
    (sizes, layers, scalars, 0..1u32 << 31).prop_map(|(size, layers, scalar, seed)| {
        json!({ "seed": seed, "config": {
            "hidden_size": size.0,
            "num_hidden_layers": layers.len(),
            "num_attention_heads": size.1 * size.2,
            "num_key_value_heads": size.1,
            "head_dim": 2 * size.3,
            "intermediate_size": size.4,
            "vocab_size": size.5,
            "query_pre_attn_scalar": scalar.0,
            "attn_logit_softcapping": scalar.1,
            "final_logit_softcapping": scalar.2,
            "sliding_window": scalar.3,
            "layer_types": layers,
            "rope_theta": scalar.4,
            "rms_norm_eps": scalar.5,
            "torch_dtype": scalar.6,
        }})
    })
}

/// Ids below `vocab_size`, `<bos>` first.
pub fn tokens(vocab_size: u64) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..vocab_size, 0..9).prop_map(|mut ids| {
        ids.insert(0, 2);
        ids
    })
}

/// `pre` and `threshold` for sae_jumprelu: on the threshold, a step beside it, and far.
pub fn near_thresholds(rows: usize, features: usize) -> impl Strategy<Value = Value> {
    let thresholds = prop::collection::vec(0.125..2.0f32, features);
    let steps = prop::collection::vec(
        select(vec![0i32, 1, -1, 1 << 22, -(1 << 22)]),
        rows * features,
    );
    (thresholds, steps).prop_map(move |(limits, steps)| {
        let step = |(i, s): (usize, &i32)| {
            f32::from_bits((limits[i % features].to_bits() as i32 + s) as u32)
        };
        let pre: Vec<f32> = steps.iter().enumerate().map(step).collect();
        json!({ "pre": tensor(&pre, &[rows, features]), "threshold": tensor(&limits, &[features]) })
    })
}
