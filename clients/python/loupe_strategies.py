"""Random inputs for Hypothesis that shrink well: towards small shapes, round numbers, few traps.

    @given(models().flatmap(lambda m: st.tuples(st.just(m), tokens(m))))
    def test_port(case):
        model, ids = case
        oracle.check("forward", {"model": model, "tokens": ids}, theirs=my_port(model, ids))
"""

from hypothesis import strategies as st

from loupe_oracle import tensor


def numbers(size=8.0, width=32):
    """Finite numbers up to `size` that a float of this width holds exactly; shrinks to 0."""
    return st.floats(-size, size, width=width, allow_subnormal=False)


@st.composite
def tensors(draw, *shape, size=8.0, dtype="F32"):
    """A tensor of this shape. For BF16 and F16 numbers are rounded once, here."""
    count = 1
    for axis in shape:
        count *= axis
    flat = draw(st.lists(numbers(size), min_size=count, max_size=count))
    return tensor(flat, shape, dtype)


@st.composite
def models(draw):
    """A tiny model by formula with the traps of real ones: heads that share keys, d_head that is
    not d_model / heads, a query scalar of its own, short windows, layers in any order, no caps."""
    key_heads = draw(st.integers(1, 3))
    layers = draw(st.lists(st.sampled_from(["full_attention", "sliding_attention"]), min_size=1, max_size=3))
    config = {
        "hidden_size": draw(st.integers(2, 24)),
        "num_hidden_layers": len(layers),
        "num_attention_heads": key_heads * draw(st.integers(1, 3)),
        "num_key_value_heads": key_heads,
        "head_dim": 2 * draw(st.integers(1, 6)),
        "intermediate_size": draw(st.integers(1, 30)),
        "vocab_size": draw(st.integers(5, 60)),
        "query_pre_attn_scalar": draw(st.integers(1, 300)),
        "attn_logit_softcapping": draw(st.sampled_from([50.0, None, 5.0])),
        "final_logit_softcapping": draw(st.sampled_from([30.0, None, 3.0])),
        "sliding_window": draw(st.integers(1, 6)),
        "layer_types": layers,
        "rope_theta": draw(st.sampled_from([10000.0, 500.0])),
        "rms_norm_eps": draw(st.sampled_from([1e-6, 0.01])),
        "torch_dtype": draw(st.sampled_from(["float32", "bfloat16"])),
    }
    return {"config": config, "seed": draw(st.integers(0, 2**31))}


def tokens(model, longest=9):
    """Ids for a model, <bos> first."""
    ids = st.integers(0, model["config"]["vocab_size"] - 1)
    return st.lists(ids, max_size=longest - 1).map(lambda rest: [2] + rest)


@st.composite
def near_thresholds(draw, rows, features, dtype="F32"):
    """`pre` and `threshold` for sae_jumprelu: on the threshold, a float32 step beside it, and far."""
    import struct

    thresholds = draw(st.lists(st.floats(0.125, 2, width=16), min_size=features, max_size=features))
    steps = draw(st.lists(st.sampled_from([0, 1, -1, 1 << 22, -(1 << 22)]), min_size=rows * features, max_size=rows * features))
    pre = []
    for i, step in enumerate(steps):
        bits = struct.unpack("<i", struct.pack("<f", thresholds[i % features]))[0]
        pre.append(struct.unpack("<f", struct.pack("<i", bits + step))[0])
    return {"pre": tensor(pre, [rows, features], dtype), "threshold": tensor(thresholds, [features], dtype)}
