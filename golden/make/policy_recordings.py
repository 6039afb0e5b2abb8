"""Recordings of engines that round:  python policy_recordings.py CASES_DIR OUT_DIR GEMMA_PYTORCH_DIR

hf(...)            Hugging Face eager in float16, float32 and float64 as the library runs it (norms, angles and softmax in float32)
gemma_pytorch(...) google/gemma_pytorch in bfloat16 (a checkout of commit 014acb7); the intermediate scores are recomputed from
                   the recorded queries and keys by the same operators in the same order as GemmaAttention.forward
Writes OUT_DIR/POLICY.CASE.safetensors, each tensor in the type that the engine holds it in.
"""
import contextlib
import json
import os
import sys

import torch
from safetensors.torch import load_file, save_file

import trace_hf

HF = {"f16-hf": torch.float16, "f32-hf": torch.float32, "f64-hf": torch.float64}


@contextlib.contextmanager
def as_it_is(dtype, check=True):
    yield


def hf(folder, ids, dtype):
    trace_hf.precision, trace_hf.as_numpy = as_it_is, lambda t: t.contiguous()
    model = trace_hf.g2.Gemma2ForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()
    return trace_hf.record(model, ids)


def gemma_pytorch(folder, ids, dtype=torch.bfloat16):
    from gemma import config as gc
    from gemma import model as gm
    cfg = json.load(open(os.path.join(folder, "config.json")))
    kinds = [gc.AttentionType.LOCAL_SLIDING if k == "sliding_attention" else gc.AttentionType.GLOBAL for k in layer_types(cfg)]
    c = gc.GemmaConfig(
        architecture=gc.Architecture.GEMMA_2, vocab_size=cfg["vocab_size"], max_position_embeddings=512, num_hidden_layers=cfg["num_hidden_layers"],
        num_attention_heads=cfg["num_attention_heads"], num_key_value_heads=cfg["num_key_value_heads"], hidden_size=cfg["hidden_size"],
        intermediate_size=cfg["intermediate_size"], head_dim=cfg["head_dim"], rms_norm_eps=cfg["rms_norm_eps"], use_pre_ffw_norm=True, use_post_ffw_norm=True,
        final_logit_softcapping=cfg["final_logit_softcapping"], attn_logit_softcapping=cfg["attn_logit_softcapping"],
        query_pre_attn_scalar=cfg["query_pre_attn_scalar"], attn_types=kinds, sliding_window_size=cfg["sliding_window"], tokenizer="")
    torch.set_default_dtype(dtype)
    # the class insists on D divisible by the number of heads, the mathematics does not: built around the check
    model = gm.GemmaForCausalLM.__new__(gm.GemmaForCausalLM)
    torch.nn.Module.__init__(model)
    model.config = c
    model.embedder = gm.Embedding(c.vocab_size, c.hidden_size, False)
    model.model = gm.GemmaModel(c)
    model.sampler = gm.Sampler(c.vocab_size, c)
    model._register_freqs_cis("freqs_cis", c.head_dim, c.max_position_embeddings)
    torch.set_default_dtype(torch.float32)
    w = load_file(os.path.join(folder, "model.safetensors"))
    state = {}
    for k, v in w.items():
        state[k.replace("model.embed_tokens", "embedder")] = v.to(dtype)
    for l in range(c.num_hidden_layers):
        p = f"model.layers.{l}.self_attn."
        state[p + "qkv_proj.weight"] = torch.cat([state.pop(p + f"{n}_proj.weight") for n in "qkv"])
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert missing in ([], ["freqs_cis"]) and not unexpected, (missing, unexpected)
    return run_gemma_pytorch(gm, model.eval(), c, ids, kinds, gc)


def layer_types(cfg):
    n = cfg["num_hidden_layers"]
    return cfg.get("layer_types") or ["sliding_attention" if l % 2 == 0 else "full_attention" for l in range(n)]


def run_gemma_pytorch(gm, model, c, ids, kinds, gc):
    out, now = {}, {}
    t, hq, hk, h = len(ids), c.num_attention_heads, c.num_key_value_heads, c.head_dim

    def put(name, x):
        out[name] = x.detach()[0].clone().contiguous()

    def norm(m, hat, gained):
        m.register_forward_hook(lambda m, a, o: (put(hat, m._norm(a[0].float())) if hat else None, put(gained, o))[0])

    rope0 = gm.apply_rotary_emb

    def rope(x, freqs_cis):
        r = rope0(x, freqs_cis)
        put(f"blocks.{now['l']}.attn.hook_rot_{'q' if x.shape[2] == hq and not now['q'] else 'k'}", r)
        now["q"] = True
        return r

    for l, layer in enumerate(model.model.layers):
        b, att = f"blocks.{l}.", layer.self_attn

        def before(m, a, k, l=l, b=b):
            now.update(l=l, q=False)
            put(b + "hook_resid_pre", k["hidden_states"])

        def qkv(m, a, o, b=b):
            for n, x, heads in zip("qkv", o.split([hq * h, hk * h, hk * h], dim=-1), (hq, hk, hk)):
                put(b + f"attn.hook_{n}", x.view(1, t, heads, h))

        layer.register_forward_pre_hook(before, with_kwargs=True)
        att.qkv_proj.register_forward_hook(qkv)
        norm(layer.input_layernorm, b + "ln1.hook_normalized", b + "attn.hook_in")
        att.o_proj.register_forward_pre_hook(lambda m, a, b=b: put(b + "attn.hook_z", a[0].view(1, t, hq, h)))
        att.o_proj.register_forward_hook(lambda m, a, o, b=b: put(b + "attn.hook_out", o))
        norm(layer.post_attention_layernorm, None, b + "hook_attn_out")
        layer.pre_feedforward_layernorm.register_forward_pre_hook(lambda m, a, b=b: put(b + "hook_resid_mid", a[0]))
        norm(layer.pre_feedforward_layernorm, b + "ln2.hook_normalized", b + "mlp.hook_in")
        layer.mlp.gate_proj.register_forward_hook(lambda m, a, o, b=b: put(b + "mlp.hook_pre", o))
        layer.mlp.up_proj.register_forward_hook(lambda m, a, o, b=b: put(b + "mlp.hook_pre_linear", o))
        layer.mlp.down_proj.register_forward_pre_hook(lambda m, a, b=b: put(b + "mlp.hook_post", a[0]))
        layer.mlp.down_proj.register_forward_hook(lambda m, a, o, b=b: put(b + "mlp.hook_out", o))
        norm(layer.post_feedforward_layernorm, None, b + "hook_mlp_out")
        layer.register_forward_hook(lambda m, a, o, b=b: put(b + "hook_resid_post", o))
    norm(model.model.norm, "ln_final.hook_normalized", "unembed.hook_in")
    model.model.register_forward_pre_hook(lambda m, a, k: put("hook_embed", k["hidden_states"]), with_kwargs=True)
    full = torch.triu(torch.full((1, 1, t, t), -2.3819763e38).float(), diagonal=1)
    local = full + torch.tril(torch.full((1, 1, t, t), -2.3819763e38), diagonal=-c.sliding_window_size)
    dtype = model.embedder.weight.dtype
    caches = [(torch.zeros(1, t, hk, h, dtype=dtype), torch.zeros(1, t, hk, h, dtype=dtype)) for _ in kinds]
    gm.apply_rotary_emb = rope
    try:
        with torch.no_grad():
            pos = torch.arange(t)
            model(torch.tensor([ids]), pos, pos, caches, full, torch.tensor([t - 1]), None, torch.ones(1), torch.ones(1), local_mask=local)
    finally:
        gm.apply_rotary_emb = rope0
    for l, kind in enumerate(kinds):
        a = f"blocks.{l}.attn.hook_"
        q, k = out[a + "rot_q"].transpose(0, 1).clone(), out[a + "rot_k"].repeat_interleave(hq // hk, dim=1).transpose(0, 1)
        q.mul_(c.query_pre_attn_scalar ** -0.5)
        s = torch.matmul(q, k.transpose(1, 2))
        out[a + "scores_raw"] = s
        if c.attn_logit_softcapping is not None:
            s = torch.tanh(s / c.attn_logit_softcapping) * c.attn_logit_softcapping
        out[a + "scores_capped"] = s
        mask = local[0] if kind == gc.AttentionType.LOCAL_SLIDING else full[0]
        out[a + "pattern"] = torch.softmax((s + mask).float(), dim=-1).type_as(q)
    logits = torch.matmul(out["unembed.hook_in"], model.embedder.weight.t())
    out["unembed.hook_logits_raw"] = logits
    cap = c.final_logit_softcapping
    out["hook_logits"] = torch.tanh(logits / cap) * cap if cap else logits
    return {k: v.contiguous() for k, v in out.items()}


if __name__ == "__main__":
    cases, out, pytorch = sys.argv[1:4]
    sys.path.insert(0, pytorch)
    os.makedirs(out, exist_ok=True)
    for case in ("mild",):
        folder = os.path.join(cases, case)
        ids = json.load(open(os.path.join(folder, "input.json")))["ids"]
        for name, dtype in HF.items():
            save_file(hf(folder, ids, dtype), os.path.join(out, f"{name}.{case}.safetensors"))
        save_file(gemma_pytorch(folder, ids), os.path.join(out, f"bf16-gemma_pytorch.{case}.safetensors"))
