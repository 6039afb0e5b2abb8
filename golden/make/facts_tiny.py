"""Facts about the embedded model in the form of the published ones, one of every kind at least.

Stand-ins for the released weights, computed by Hugging Face transformers in float32 and by numpy, so that `loupe verify` is
tested without them:  python facts_tiny.py OUT.json
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy
import sentencepiece
import torch
import transformers
from transformers.models.gemma2 import modeling_gemma2

HERE = pathlib.Path(__file__).resolve().parent
TINY = HERE.parent / "src/main/resources/loupe/tiny"
PROMPT = "The men of the great white whale"
OTHER = "The people of our country have the"
TEXT = json.loads((TINY / "goldens/input.json").read_text())["text"]

SP = sentencepiece.SentencePieceProcessor(model_file=str(TINY / "tokenizer.model"))
CONFIG = transformers.AutoConfig.from_pretrained(TINY)
MODEL = transformers.Gemma2ForCausalLM.from_pretrained(TINY, dtype=torch.float32, attn_implementation="eager").eval()
LAYERS = CONFIG.num_hidden_layers

FACTS = []
STATE = {"seen": {}, "edit": {}, "layer": 0, "scales": None}


def fact(id, kind, expected, hint=None, prompt=None, ids=None, tolerance=None, **more):
    entry = {"id": id, "model": "tiny", "kind": kind, "prompt": prompt, "token_ids": ids, "expected": expected}
    if tolerance:
        entry["tolerance"] = tolerance
    else:
        entry["tolerance_hint"] = hint
    entry |= {"dtype": "float32 (Hugging Face transformers, CPU)", "source": "golden/make/facts_tiny.py", "trust": "high"}
    FACTS.append(entry | more)


def watch():
    """Names of this project for what Hugging Face's modules compute; editors may change them."""

    def at(name, value):
        if name in STATE["edit"]:
            value = STATE["edit"][name](value)
        STATE["seen"][name] = value[0] if value.dim() > 2 and value.shape[0] == 1 else value
        return value

    def output(name):
        def hook(module, args, out):
            if isinstance(out, tuple):
                return (at(name, out[0]), *out[1:])
            return at(name, out)

        return hook

    def given(name):
        return lambda module, args: (at(name, args[0]), *args[1:])

    for l, layer in enumerate(MODEL.model.layers):
        b = f"blocks.{l}."
        layer.register_forward_hook(output(b + "hook_resid_post"))
        layer.input_layernorm.register_forward_hook(output(b + "attn.hook_in"))
        layer.self_attn.o_proj.register_forward_pre_hook(given(b + "attn.hook_z"))
        layer.pre_feedforward_layernorm.register_forward_pre_hook(given(b + "hook_resid_mid"))
        layer.pre_feedforward_layernorm.register_forward_hook(output(b + "mlp.hook_in"))
        layer.mlp.register_forward_hook(output(b + "mlp.hook_out"))
        layer.post_feedforward_layernorm.register_forward_hook(output(b + "hook_mlp_out"))
    MODEL.model.layers[0].register_forward_pre_hook(given("hook_embed"), with_kwargs=False)
    MODEL.model.norm.register_forward_hook(output("unembed.hook_in"))

    plain = torch.nn.functional.softmax

    def softmax(x, dim=None, dtype=None):
        p = plain(x, dim=dim, dtype=dtype)
        name = f"blocks.{STATE['layer']}.attn.hook_pattern"
        STATE["layer"] += 1
        return at(name, p)

    modeling_gemma2.nn.functional.softmax = softmax

    def rms(self, x):
        key = id(self)
        scale = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)
        if STATE["scales"] == "record":
            STATE[key] = scale
        elif STATE["scales"] == "frozen":
            scale = STATE[key]
        return (x * scale) * (1.0 + self.weight.float())

    modeling_gemma2.Gemma2RMSNorm.forward = rms


def run(ids, edit=None):
    STATE.update(seen={}, edit=edit or {}, layer=0)
    with torch.no_grad():
        logits = MODEL(torch.tensor([ids]), use_cache=False).logits[0]
        raw = STATE["seen"]["unembed.hook_in"] @ MODEL.lm_head.weight.T
    seen = {k: v.clone() for k, v in STATE["seen"].items()}
    return seen, logits.double(), raw.double()


def ids_of(text):
    return [2] + SP.encode(text)


def text_of(i):
    return SP.id_to_piece(int(i)).replace("▁", " ")


def top(logits, k, with_id=True):
    p = torch.softmax(logits.double(), -1)
    best = torch.topk(p, k).indices.tolist()
    return [([i] if with_id else []) + [text_of(i), float(p[i])] for i in best]


def entropy(logits):
    p = torch.log_softmax(logits.double(), -1)
    return float(-(p.exp() * p).sum() / math.log(2))


def kl(a, b):
    a, b = torch.log_softmax(a.double(), -1), torch.log_softmax(b.double(), -1)
    return float((a.exp() * (a - b)).sum())


def greedy(ids, count, edit=None):
    ids = list(ids)
    for _ in range(count):
        ids.append(int(run(ids, edit)[1][-1].argmax()))
    return ids


class Sae:
    def __init__(self, path):
        self.id = "tiny " + path
        file = TINY / "saes" / path / "params.npz"
        self.file = file
        self.w = {k: torch.tensor(v).double() for k, v in numpy.load(file).items()}

    def pre(self, x):
        return x.double().reshape(x.shape[0], -1) @ self.w["W_enc"] + self.w["b_enc"]

    def encode(self, x):
        pre = self.pre(x)
        return pre * (pre > self.w["threshold"])

    def decode(self, f):
        return f @ self.w["W_dec"] + self.w["b_dec"]


RES = Sae("res/layer_3/width_1024/average_l0_20")
MLP = Sae("mlp/layer_3/width_512/average_l0_36")
TRANSCODER = Sae("transcoder/layer_3/width_512/average_l0_14")


def normalized(seen, layer):
    x = seen[f"blocks.{layer}.hook_resid_mid"]
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + CONFIG.rms_norm_eps)


def tokenizer_facts():
    for n, text in enumerate(["The whale", " 12  spaces\n\nand lines\t.", "Ünïcode 🐳 <bos>", ""]):
        fact(f"encode-{n}", "tokenizer.encode", {"equals": "token_ids"}, "exact", text, SP.encode(text))
    ids = SP.encode("the sea, 1851")
    fact("decode", "tokenizer.decode", {"text": SP.decode(ids)}, "exact", None, ids)
    rendered = "<start_of_turn>user\nWho is Ahab?<end_of_turn>\n<start_of_turn>model\n"
    fact(
        "chat", "tokenizer.chat_template", {"rendered": "<bos>" + rendered, "equals": "token_ids"}, "exact",
        "user: Who is Ahab?", ids_of(rendered))
    md5 = hashlib.md5((TINY / "tokenizer.model").read_bytes()).hexdigest()
    fact("file", "tokenizer.file", {"tokenizer.model_md5": md5}, "exact")
    first = SP.piece_to_id("<0x00>")
    assert [SP.piece_to_id(f"<0x{b:02X}>") for b in range(256)] == list(range(first, first + 256))
    expected = {"vocab_size": SP.get_piece_size(), "pad": 0, "eos": 1, "bos": 2, "unk": 3}
    expected |= {"start_of_turn": SP.piece_to_id("<start_of_turn>"), "end_of_turn": SP.piece_to_id("<end_of_turn>")}
    expected |= {"byte_pieces": {"<0x00>": first}, "single_space": SP.piece_to_id("▁")}
    expected |= {"sentencepiece": {"add_dummy_prefix": False}, "tab_runs": {"1 tab": SP.piece_to_id("<0x09>")}}
    lines = SP.piece_to_id("\n")
    if lines > 3:
        expected["newline_runs"] = {"first_id": lines}
    runs = SP.piece_to_id("▁▁")
    if runs > 3:
        last = max(i for i in range(runs, runs + 40) if SP.id_to_piece(i) == "▁" * (i - runs + 2))
        expected["space_runs"] = {"first_id": runs, "last_id": last}
    fact("layout", "tokenizer.vocab", expected, "exact")
    fact("map", "tokenizer.vocab", {"id_to_piece": {str(i): SP.id_to_piece(i) for i in (2, 300, 1000, 4000)}}, "exact")


def config_facts():
    c = CONFIG
    total = sum(p.numel() for p in MODEL.parameters())
    embedding = c.vocab_size * c.hidden_size
    fact("config", "config", {
        "d_model": c.hidden_size, "n_layers": LAYERS, "n_heads": c.num_attention_heads,
        "n_kv_heads": c.num_key_value_heads, "head_dim": c.head_dim, "ffn_dim": c.intermediate_size,
        "query_scale": f"1/sqrt({c.query_pre_attn_scalar})", "params_total": total, "params_embedding": embedding,
        "params_non_embedding": total - embedding, "vocab": c.vocab_size, "attn_logit_softcap": c.attn_logit_softcapping,
        "final_logit_softcap": c.final_logit_softcapping, "sliding_window": c.sliding_window,
        "layer_0": "local (sliding)", "layer_pattern": "local, global alternating", "rope_base": 10000,
        "rms_eps": c.rms_norm_eps, "activation": "gelu_pytorch_tanh (GeGLU)", "tied_embeddings": True,
        "context": c.max_position_embeddings, "checkpoint_dtype": "bfloat16", "checkpoint_shards": 1}, "exact")


def stated_facts(raw, logits):
    fact("pointer", "pointer", {"url": "https://example.org"}, "n/a")
    fact("formula", "formula", {
        "statement": "capped = 30*tanh(uncapped/30): the lists of facts prob agree to 1e-9 (tiny)"}, "n/a")
    fact("transcoders", "transcoder.set", {"layer_to_average_l0": {"0": 76, "25": 41}, "width": 16384}, "exact")
    fact("hooks", "sae.hook", {
        "att_d_in": 2048,
        "att_reads": "concatenated head outputs z (8 heads x 256) before the output projection",
        "res_reads": "residual after the block", "mlp_reads": "MLP contribution after the post-feedforward norm",
        "transcoder_reads": "pre-MLP residual divided by its RMS, without the (1+w) gain",
        "transcoder_predicts": "MLP contribution after the post-feedforward norm"}, "n/a")


def activation_facts(ids, seen):
    rows = MODEL.model.embed_tokens.weight[ids].detach() * math.sqrt(CONFIG.hidden_size)
    scale = math.sqrt(CONFIG.hidden_size)
    fact("embedding", "embedding.scaled", {"scale": scale, "per_position": [
        {"position": p, "first_3_dims": rows[p][:3].tolist(), "last_3_dims": rows[p][-3:].tolist()}
        for p in (0, 3)]}, "rel 1e-3", PROMPT, ids)
    norms = [float(seen["hook_embed"][-1].norm())]
    norms += [float(seen[f"blocks.{l}.hook_resid_post"][-1].norm()) for l in range(LAYERS)]
    fact("norms", "residual_norm", {"norms": norms}, "rel 1e-4", PROMPT)
    longer = greedy(ids, 12 - len(ids))
    more = run(longer)[0]
    fact("edges", "residual_norm", {"last_position": 11, "edge_norms": {
        str(l): {"resid_in": float(more[f"blocks.{l - 1}.hook_resid_post"][-1].norm()),
                 "mlp_out": float(more[f"blocks.{l}.hook_mlp_out"][-1].norm())} for l in (2, 5)}},
        "rel 1e-4", f'12-token continuation of "{PROMPT}"')
    weights = [seen[f"blocks.{l}.attn.hook_pattern"][:, 5, 2].tolist() for l in range(LAYERS)]
    fact("attention", "attention.weights", {
        "tokens": [text_of(i) for i in ids], "query_position": 5, "key_position": 2, "weights_by_layer": weights},
        "abs 5e-4", PROMPT, tolerance={"value": {"abs": 1e-6, "rel": 1e-4}})


def probability_facts(ids, logits, raw):
    last = logits[-1]
    fact("logits", "logits.capped", {"per_position": [
        {"position": p, "logits_of_ids_0_1_2": logits[p][:3].tolist(),
         "logits_of_padded_rows_5000_5001": [1.5, 2.5]} for p in range(len(ids))]}, "abs 1e-3", PROMPT, ids)
    listed = top(last, 6)
    best = listed[0]
    log = math.log(best[2])
    fact("prob", "next_token_probs", {
        "tokens": [text_of(i) for i in ids], "top": listed, "top1": best, "entropy_bits": entropy(last), "log_prob": log,
        "second_implementation": {"prob": best[2], "log_prob": log}, "logit_capped": float(last[best[0]])},
        None, PROMPT, tolerance={"value": {"rel": 1e-3}})
    for t in (0.5, 2.0):
        fact(f"temperature-{t}", "next_token_probs.temperature", {
            "temperature": t, "top": top(last / t, 4, False), "entropy_bits": entropy(last / t)},
            None, PROMPT, tolerance={"value": {"rel": 1e-3}})
    pair = [top(last, 2)[i][2] for i in (0, 1)]
    names = [f'p("{top(last, 2)[i][1]}")' for i in (0, 1)]
    fact("noise", "noise", {
        "tiny": {"float32 CPU": pair, "bfloat16 GPU": [p * 1.02 for p in pair]}, "columns": names}, "n/a", PROMPT)


def lens_facts(ids, seen, logits, raw):
    last = raw[-1]
    two = torch.topk(last, 2).values
    fact("lens", "final_lens.uncapped", {
        "top": top(last, 5, False), "capped_entropy_bits": entropy(logits[-1]),
        "kl_uncapped_to_capped_bits": kl(last, logits[-1]) / math.log(2), "top2_logit_gap": float(two[0] - two[1])},
        None, PROMPT, tolerance={"value": {"abs": 1e-3, "rel": 1e-4}})
    fact("lens-positions", "final_lens.uncapped", {"positions": [
        {"pos": p, "token": text_of(i), "top": top(raw[p], 3, False), "entropy_bits": entropy(raw[p])}
        for p, i in enumerate(ids)]}, None, PROMPT, tolerance={"value": {"abs": 1e-3, "rel": 1e-4}})
    unembed = MODEL.lm_head.weight.detach()

    def final(x):
        with torch.no_grad():
            return (MODEL.model.norm(x) @ unembed.T).double()

    residuals = [seen[f"blocks.{l}.hook_resid_post"][-1] for l in range(LAYERS)]
    fact("lens-layers", "logit_lens.uncapped", {"layers": [
        {"layer": l, "top": top(final(x), 4)} for l, x in enumerate(residuals)]},
        None, PROMPT, tolerance={"value": {"rel": 1e-2, "floor": 1e-12}})
    rows = [seen[f"blocks.{l}.attn.hook_in"][-1] for l in range(LAYERS)] + [seen["unembed.hook_in"][-1]]
    fact("lens-next-norm", "logit_lens.next_norm", {"layers": [
        {"row": r, "top": top(x @ unembed.T, 3, False), "entropy_bits": entropy(x @ unembed.T)}
        for r, x in enumerate(rows)]}, None, PROMPT, tolerance={"value": {"rel": 1e-2, "floor": 1e-12}, "entropy": {"abs": 1e-3}})


def generation_facts(ids):
    more = greedy(ids, 9)[len(ids):]
    fact("greedy", "generate.greedy", {"continuation": SP.decode(more), "max_new_tokens": 9, "n_generated": 9},
         "exact", PROMPT)
    fact("greedy-prefix", "generate.greedy", {"continuation": SP.decode(more[:6]), "next_top1": text_of(more[6])},
         "exact", PROMPT)
    long = ids_of("The sea. " * 9 + "We are")
    fact("greedy-repeated", "generate.greedy", {"continuation": SP.decode(greedy(long, 5)[len(long):]), "max_new_tokens": 5},
         "exact", '"The sea. " repeated 9 times followed by "We are"')
    question = "Who is Ahab?"
    chat = ids_of(f"<start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n")
    answer = SP.decode(greedy(chat, 8)[len(chat):])
    fact("contains", "generate.contains", {"answer_contains": answer[2:9], "max_tokens": 8, "temperature": 0}, "exact", question)
    second = ids_of(
        f"<start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n{answer.strip()}<end_of_turn>\n"
        "<start_of_turn>user\nAnd the whale?<end_of_turn>\n<start_of_turn>model\n")
    words = SP.decode(greedy(second, 8)[len(second):])
    fact("contains-turns", "generate.contains", {
        "second_answer_contains_any": ["zebra", words[1:8]], "max_tokens": 8, "temperature": 0}, "exact",
        f"turn 1: {question} / turn 2: And the whale?")


def corpus_facts():
    text = "A whale is a fish, the sea is wide."
    ids = ids_of(text)
    lp = torch.log_softmax(run(ids)[1], -1)
    nats = math.log(CONFIG.vocab_size) - sum(float(lp[i, t]) for i, t in enumerate(ids[1:]))
    count = len(text.encode())
    fact("bits", "loss.bits_per_byte", {"value": nats / math.log(2) / count, "utf8_bytes": count}, "rel 1e-4", text)

    def contexts(length):
        all_ids = SP.encode((TEXT + "\n") * (16 if length > 128 else 4))
        return [[2] + all_ids[i:i + length - 1] for i in range(0, len(all_ids) - length + 2, length - 1)]

    def losses(logits, ids):
        lp = torch.log_softmax(logits, -1)
        return [-float(lp[i, t]) for i, t in enumerate(ids[1:])]

    loss, ablated, divergence, norms, n = 0, 0, 0, 0, 0
    for ids in contexts(128):
        seen, logits, _ = run(ids)
        zero = run(ids, {"blocks.2.hook_resid_post": torch.zeros_like})[1]
        loss += numpy.mean(losses(logits, ids))
        ablated += numpy.mean(losses(zero, ids))
        divergence += kl(logits, zero) / len(ids)
        norms += float(seen["blocks.4.hook_resid_post"][1:].norm(dim=-1).mean())
        n += 1
    fact("corpus", "loss.corpus", {
        "ce_loss_nats": loss / n, "ce_loss_zero_ablation_layer2": ablated / n, "kl_zero_ablation": divergence / n,
        "mean_resid_l2_norm": {"layer_4": norms / n}}, "rel 1e-4", "the golden text and a line feed, four times")
    sums = [x for ids in contexts(512) for x in losses(run(ids)[1], ids)[256:]]
    fact("perplexity", "perplexity.wikitext", {"Q4_K": 1.0, "F16_implied": math.exp(numpy.mean(sums))}, "rel 1e-4",
         "the golden text and a line feed, sixteen times")


def steering_facts(ids, seen, logits):
    target = top(logits[-1], 1)[0]
    other = run(ids_of(OTHER))[0]
    words = f'vector: residual minus the same for "{OTHER}"; read p("{target[1]}", id {target[0]})'

    def steered(layer, strength):
        name = f"blocks.{layer}.hook_resid_post"

        def edit(x):
            x = x.clone()
            x[0, -1] += strength * (seen[name][-1] - other[name][-1])
            return x

        out = run(ids, {name: edit})[1][-1]
        return [float(torch.softmax(out, -1)[target[0]]), kl(logits[-1], out)]

    tolerance = {"p": {"rel": 1e-3}, "kl": {"rel": 1e-3}}
    fact("steer", "steering.residual_add", {
        "definition": words, "baseline_p": target[2], "baseline_top5": top(logits[-1], 5),
        "by_layer": [[l, *steered(l, 1)] for l in range(LAYERS)]}, None, PROMPT, tolerance=tolerance)
    fact("sweep", "steering.residual_add", {
        "layer": 4, "definition": "as steer, strength s times v_4",
        "sweep_strength_p_kl": [[s, *steered(4, s)] for s in (0.5, 2.0)]}, None, PROMPT, tolerance=tolerance)

    def cut(p):
        p = p.clone()
        p[..., 5, 2] = 0
        p[..., 5, :] /= p[..., 5, :].sum(-1, keepdim=True)
        return p

    short = ids[:6]
    base = run(short)[1][-1]
    out = run(short, {"blocks.3.attn.hook_pattern": cut})[1][-1]
    changed = [[*e, float(torch.softmax(out, -1)[e[0]])] for e in top(base, 3)]
    word = changed[0][1].strip() or "x"
    fact("knockout", "attention.knockout", {
        "layer": 3, "edge_query_key": [5, 2], "heads": "all", "kl_nats": kl(base, out), "top_changed": changed,
        f"{word}_logit_diff": float(base[changed[0][0]] - out[changed[0][0]])},
        None, SP.decode(short[1:]), tolerance={"p": {"rel": 1e-3}, "kl": {"rel": 1e-3}})
    assert SP.encode(SP.decode(short[1:])) == short[1:]


def sae_facts(ids, seen):
    x = seen["blocks.3.hook_resid_post"].double()
    f, pre = RES.encode(x), RES.pre(x)
    back = RES.decode(f)
    listed = lambda row, k: [[int(i), float(row[i])] for i in torch.topk(row, k).indices]
    common = {"sae": RES.id, "hook": "residual after block 3"}
    hint = {"value": {"rel": 1e-3, "abs": 1e-5}}
    fact("features", "sae.features", {
        "tokens": [text_of(i) for i in ids], "n_active_last": int((f[-1] > 0).sum()), "top_last": listed(f[-1], 5),
        "resid_last_first10": x[-1][:10].tolist(), "decoded_last_first10": back[-1][:10].tolist(),
        "resid_last_norm": float(x[-1].norm()), "feature_vector_last_norm": float(f[-1].norm()),
        "decoded_last_norm": float(back[-1].norm()), "mse_all_positions_including_bos": float(((back - x) ** 2).mean())},
        None, PROMPT, tolerance=hint, **common)
    t = RES.w["threshold"]
    one = int(f[-1].argmax())
    fact("features-positions", "sae.features", {
        "top8_per_position": [listed(row, 3) for row in f], f"feature_{one}_activations": f[:, one].tolist(),
        "threshold_min": float(t.min()), "threshold_max": float(t.max())}, None, PROMPT, tolerance=hint, **common)
    fact("features-at", "sae.features", {
        "position": 3, "token": text_of(ids[3]), "l0": int((f[3] > 0).sum()), "top16": listed(f[3], 4),
        "residual": {"first_48": x[3][:48].tolist(), "norm": float(x[3].norm()), "min": float(x[3].min()),
                     "max": float(x[3].max())}}, None, PROMPT, tolerance=hint, **common)
    fact("l0", "sae.l0", {"count_of_activations_above_1_per_position": (f > 1).sum(-1).tolist()}, "exact", PROMPT, **common)
    fact("l0-gate", "sae.l0", {
        "mean_l0_jumprelu": float((f[1:] > 0).sum(-1).double().mean()),
        "mean_l0_plain_relu": float((pre[1:] > 0).sum(-1).double().mean())}, "abs 1e-6", PROMPT, **common)
    fact("top-feature", "sae.top_feature", {"argmax_feature_per_position": f.argmax(-1).tolist()}, "exact", PROMPT, **common)
    fact("mse", "sae.reconstruction", {"mse_excluding_bos": float(((back - x)[1:] ** 2).mean())}, "rel 1e-4", PROMPT, **common)
    ve = lambda x, back: float(1 - ((back - x)[1:] ** 2).mean() / x[1:].var())
    fact("ve", "sae.variance_explained", {"value": ve(x, back)}, "abs 1e-5", PROMPT, **common)
    fact("value", "sae.feature_value", {
        "feature": one, "tokens": [text_of(i) for i in ids], "values": f[:, one].tolist(), "max": float(f[1:, one].max()),
        "max_token": text_of(ids[1 + int(f[1:, one].argmax())]), "values_by_token": {text_of(ids[-1]): float(f[-1, one])},
        "max_range": [float(f[1:, one].max()) - 0.5, float(f[1:, one].max()) + 0.5]}, None, PROMPT, tolerance=hint, **common)
    summary(ids, seen, ve)
    mlp(ids, seen)
    dashboard(ids, f)
    weights(seen)


def summary(ids, seen, ve):
    saes = {}
    for entry in json.loads((TINY / "saes/index.json").read_text()):
        if entry["path"].startswith("res/") and entry["path"] != "res/layer_3/width_1024/average_l0_73":
            saes[int(entry["path"].split("/")[1][6:])] = Sae(entry["path"])
    l0s, evs, bos, high = [], [], 0, 0
    for l in range(LAYERS):
        x = seen[f"blocks.{l}.hook_resid_post"].double()
        f = saes[l].encode(x)
        l0s.append(float((f[1:] > 0).sum(-1).double().mean()))
        evs.append(ve(x, saes[l].decode(f)))
        bos, high = max(bos, int((f[0] > 0).sum())), max(high, float(f[0].max()))
    fact("summary", "sae.summary", {
        f"mean_l0_over_{LAYERS}_layers": float(numpy.mean(l0s)), "mean_explained_variance": float(numpy.mean(evs)),
        "explained_variance_range_by_layer": [min(evs), max(evs)], "layer2_mean_l0": l0s[2],
        "layer2_mean_explained_variance": evs[2], "layer2_min_explained_variance": evs[2] - 0.01,
        "bos_l0": bos, "bos_top_activation": high}, "rel 1e-3", PROMPT, sae="tiny res/layer_L")


def mlp(ids, seen):
    out, raw = seen["blocks.3.hook_mlp_out"].double(), seen["blocks.3.mlp.hook_out"].double()

    def metrics(x):
        f = MLP.encode(x)[1:]
        t = x[1:]
        fvu = float(((MLP.decode(f) - t) ** 2).sum() / ((t - t.mean(0)) ** 2).sum())
        return {"fvu": fvu, "mean_l0": float((f > 0).sum(-1).double().mean())}

    one = int(MLP.encode(out)[1:].max(0).values.argmax())
    fires = bool((MLP.encode(raw)[1:, one] > 0).any())
    fact("value-mlp", "sae.feature_value", {
        "feature": one, "max": float(MLP.encode(out)[1:, one].max()), **metrics(out),
        "wrong_tensor_control": {"tensor": "MLP output before the post-feedforward norm", **metrics(raw),
                                 f"feature_{one}_fires": fires}}, "rel 1e-3", PROMPT, sae=MLP.id)


def dashboard(ids, f):
    one = int(f[1:].max(0).values.argmax())
    values = f[1:, one]
    fact("dashboard", "sae.dashboard", {
        "feature": one, "pieces": [SP.id_to_piece(i) for i in ids[1:]], "max": float(values.max()),
        "argmax_piece_index": int(values.argmax()),
        "values_nonzero_by_piece_index": {str(i): float(v) for i, v in enumerate(values) if v > 0}},
        None, None, tolerance={"value": {"rel": 1e-3}, "correlation": {"abs": 1e-4}}, sae=RES.id)


def weights(seen):
    w = RES.w
    norms = w["W_enc"].norm(dim=0)
    fact("weights", "sae.weights", {
        "shapes": {k: list(v.shape) for k, v in w.items()}, "W_enc_column_norms_first3": norms[:3].tolist(),
        "W_enc_column_norms_last3": norms[-3:].tolist(), "threshold_min": float(w["threshold"].min()),
        "threshold_max": float(w["threshold"].max()), "params_npz_bytes": RES.file.stat().st_size}, "rel 1e-5",
        sae=RES.id)
    d = w["W_dec"]
    cos = d @ d[7] / (d.norm(dim=1) * d[7].norm())
    fact("cosines", "sae.weights", {
        "feature": 7, "decoder_cosine_top5": [[int(i), float(cos[i])] for i in torch.topk(cos, 5).indices]}, "abs 1e-5",
        sae=RES.id)
    gain = 1 + MODEL.model.norm.weight.detach().double()
    logit = (d[7] * gain) @ MODEL.lm_head.weight.detach().double().T
    pair = lambda i: [SP.id_to_piece(int(i)), float(logit[i])]
    fact("logit-weights", "sae.weights", {
        "feature": 7, "max_activation_seen": 1.0,
        "decoder_top3_coordinates": [[int(i), float(d[7][i])] for i in torch.topk(d[7], 3).indices],
        "logit_weights_top10": [pair(i) for i in torch.topk(logit, 10).indices],
        "logit_weights_bottom10": [pair(i) for i in torch.topk(-logit, 10).indices]}, "abs 1e-4", sae=RES.id)


def transcoder_facts(ids, seen):
    torch.manual_seed(100)
    x = torch.randn(CONFIG.hidden_size)
    f = TRANSCODER.encode(x[None])[0]
    fact("randn", "transcoder.encode", {
        "input": f"torch.manual_seed(100); torch.randn({CONFIG.hidden_size}) in float32 on CPU",
        "input_first4": x[:4].tolist(), "n_active": int((f > 0).sum()),
        "top10": [[int(i), float(f[i])] for i in torch.topk(f, 3).indices]}, "abs 1e-4", sae=TRANSCODER.id)
    f = TRANSCODER.encode(normalized(seen, 3))
    one = int(f[1:].max(0).values.argmax())
    best = 1 + int(f[1:, one].argmax())
    wrong = {"norm output with gain": "mlp.hook_in", "unnormalised residual": "hook_resid_mid"}
    rest = [float(v) for p, v in enumerate(f[:, one]) if p not in (0, best)]
    expected = {
        "feature": one, "max": float(f[best, one]), "max_token": text_of(ids[best]),
        "max_range": [float(f[best, one]) - 0.1, float(f[best, one]) + 0.1],
        "wrong_tensor_controls": {k: float(TRANSCODER.encode(seen["blocks.3." + v])[1:, one].max()) for k, v in wrong.items()}}
    if not any(rest):
        expected["all_other_tokens"] = 0.0
    fact("tc-value", "transcoder.feature_value", expected, "rel 1e-3", PROMPT, sae=TRANSCODER.id)
    groups = {}
    for name, p in (("early", 3), ("last", len(ids) - 1)):
        groups[name] = [f"3_{int(i)}_{p}" for i in torch.topk(f[p], 3).indices]
    fact("tc-active", "transcoder.active_features", {"groups": groups}, "exact", PROMPT, sae=TRANSCODER.id)
    other = ids_of(OTHER)
    there = TRANSCODER.encode(normalized(run(other)[0], 3))
    listed = {"elsewhere": [f"3_{int(i)}_{len(ids) - 1}" for i in torch.topk(there[len(ids) - 1], 2).indices]}
    fact("tc-other", "transcoder.active_features", {"groups": listed}, "exact", OTHER, sae=TRANSCODER.id)
    quality(seen)
    interventions(ids, seen, f, there, groups, listed)


def quality(seen):
    text = "The whale and the sea, and the ship."
    ids = ids_of(text)
    s = run(ids)[0]
    documents = [ids_of(TEXT + "\n")]
    right = float(TRANSCODER.encode(normalized(s, 3))[1:, 0].max())
    expected = {
        "dashboard_text": text, "feature_0_max_on_text": right,
        "dashboard_value_feature_0_on_wrong_tensor": float(TRANSCODER.encode(s["blocks.3.hook_resid_mid"])[1:, 0].max())}
    s = run(documents[0])[0]

    def metrics(x, name):
        f = TRANSCODER.encode(x)[1:]
        t = s["blocks.3.hook_mlp_out"].double()[1:]
        fvu = float(((TRANSCODER.decode(f) - t) ** 2).sum() / ((t - t.mean(0)) ** 2).sum())
        return {"mean_l0": float((f > 0).sum(-1).double().mean()), name: fvu,
                "firing_features": int((f > 0).any(0).sum())}

    expected |= metrics(normalized(s, 3), "fvu_against_post_norm_mlp_output")
    expected["controls"] = {
        "norm output with gain": metrics(s["blocks.3.mlp.hook_in"], "fvu"),
        "unnormalised residual": metrics(s["blocks.3.hook_resid_mid"], "fvu")}
    fact("tc-quality", "transcoder.quality", expected, "rel 1e-3", "documents", sae=TRANSCODER.id)


def steer(ids, settings, plain, frozen=False):
    """A pass with features of layer 3 set at positions; patterns of the prompt stay."""
    length = plain["blocks.0.attn.hook_pattern"].shape[-1]

    def pattern(l):
        def edit(p):
            p = p.clone()
            p[..., :length, :length] = plain[f"blocks.{l}.attn.hook_pattern"]
            return p

        return edit

    def mlp_out(l):
        def edit(value):
            value = plain[f"blocks.{l}.hook_mlp_out"][None].clone() if frozen else value.clone()
            if l == 3:
                now = TRANSCODER.encode(normalized(STATE["seen"], 3))
                now[0] = 0
                for feature, at, target in settings:
                    for p in range(value.shape[1]):
                        if at(p):
                            value[0, p] += ((target - now[p, feature]) * TRANSCODER.w["W_dec"][feature]).float()
            return value

        return edit

    edits = {f"blocks.{l}.attn.hook_pattern": pattern(l) for l in range(LAYERS)}
    edits |= {f"blocks.{l}.hook_mlp_out": mlp_out(l) for l in range(LAYERS)}
    if frozen:
        STATE["scales"] = "record"
        run(ids)
        STATE["scales"] = "frozen"
    out = run(ids, edits)
    STATE["scales"] = None
    return out


def interventions(ids, seen, f, there, groups, listed):
    last = len(ids) - 1
    base = run(ids)[1][-1]
    a, b = (int(i) for i in torch.topk(f[last], 2).indices)
    c = int(there[last].argmax())
    strong = 10 * float(there[last, c])
    only = lambda p: lambda q: q == p

    def tops(out):
        return {"baseline_top5": top(base, 5, False), "steered_top5": top(out[1][-1], 5, False)}

    def add(id, given, settings, prompt=PROMPT, **more):
        out = steer(ids, settings, seen)
        fact(id, "transcoder.intervention", {"interventions": given, **tops(out), **more}, None, prompt,
             tolerance={"value": {"abs": 1e-4, "rel": 1e-3}}, sae=TRANSCODER.id)
        return out

    other_last = len(ids_of(OTHER)) - 1
    from_last = 10 * float(there[other_last, c])
    add("tc-int-last", [
        {"layer": 3, "feature": a, "position": "last", "value": 0},
        {"layer": 3, "feature": c, "position": "last", "value": f'10 x its activation at the last position of "{OTHER}"'}],
        [(a, only(last), 0), (c, only(last), from_last)])
    add("tc-int-same", [
        {"layer": 3, "feature": a, "position": f"{last - 1} and {last}", "value": 0},
        {"layer": 3, "feature": c, "position": f"{last - 1} and {last}",
         "value": f'10 x its activations at positions {last - 1} and {last} of "{OTHER}"'}],
        [(a, lambda q: q >= last - 1, 0), (c, only(last - 1), 10 * float(there[last - 1, c])), (c, only(last), strong)])
    add("tc-int-one", [
        {"layer": 3, "feature": a, "position": last, "value": "its own activation (no change)"},
        {"layer": 3, "feature": c, "position": last, "value": f'10 x its activation at position {last} of "{OTHER}"'}],
        [(c, only(last), strong)])
    add("tc-int-lists", [
        {f"features_at_position_{last}_zeroed": [[3, a], [3, b]]},
        {f"features_at_position_{last}_set_to_10x_their_activation_in": OTHER, "layer_feature": [[3, c]]}],
        [(a, only(last), 0), (b, only(last), 0), (c, only(last), strong)])
    set_groups = [(int(t.split("_")[1]), only(last), -2 * float(f[last, int(t.split("_")[1])])) for t in groups["last"]]
    moved = []
    for t in listed["elsewhere"]:
        feature, p = int(t.split("_")[1]), int(t.split("_")[2])
        moved.append((feature, only(p - 1), 2 * float(there[p, feature])))
    out = steer(ids, set_groups + moved, seen)
    now = TRANSCODER.encode(normalized(out[0], 3))
    fraction = numpy.mean([float(now[3, int(t.split("_")[1])] / f[3, int(t.split("_")[1])]) for t in groups["early"]])
    fact("tc-int-groups", "transcoder.intervention", {"interventions": {
        "groups_of": "tc-active", "set": [
            {"group": "last", "x": -2},
            {"group": "elsewhere of tc-other moved one position left", "x": 2}],
        "resulting_group_activation_fraction": {"early": fraction}}, **tops(out)}, None, PROMPT,
        tolerance={"value": {"abs": 1e-4, "rel": 1e-3}}, sae=TRANSCODER.id)
    target = top(base, 1)[0]
    zeroed = [(a, only(last), 0)]
    fact("tc-int-frozen", "transcoder.intervention", {
        "interventions": [{"layer": 3, "feature": a, "position": last, "value": 0}], "target": target[:2],
        "baseline_prob": target[2], "steered_prob": float(torch.softmax(steer(ids, zeroed, seen)[1][-1], -1)[target[0]]),
        "steered_prob_all_layers_constrained": float(
            torch.softmax(steer(ids, zeroed, seen, True)[1][-1], -1)[target[0]])}, None, PROMPT,
        tolerance={"value": {"rel": 1e-4}}, sae=TRANSCODER.id)
    mean = 10 * float((there[last, c] + there[last - 1, c]) / 2)
    generated = list(ids)
    for _ in range(5):
        settings = [(a, lambda q: q >= 1, 0), (c, lambda q: q >= 1, mean)]
        generated.append(int(steer(generated, settings, seen)[1][-1].argmax()))
    fact("tc-int-generate", "transcoder.intervention_generate", {"interventions": [
        {"layer": 3, "feature": a, "position": "1 on", "value": 0},
        {"layer": 3, "feature": c, "position": "from 1 on, also generated tokens",
         "value": f'10 x mean of its activations at positions {last - 1},{last} of "{OTHER}"'}],
        "continuation": SP.decode(generated[len(ids):])}, "prefix match", PROMPT, sae=TRANSCODER.id)


def main():
    watch()
    ids = ids_of(PROMPT)
    assert len(ids) == len(ids_of(OTHER))
    seen, logits, raw = run(ids)
    tokenizer_facts()
    config_facts()
    stated_facts(raw, logits)
    activation_facts(ids, seen)
    probability_facts(ids, logits, raw)
    lens_facts(ids, seen, logits, raw)
    generation_facts(ids)
    corpus_facts()
    steering_facts(ids, seen, logits)
    sae_facts(ids, seen)
    transcoder_facts(ids, seen)
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in FACTS)
    pathlib.Path(sys.argv[1]).write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()
