"""Records golden case mild as other programs run it, under their own names:  python dump_program.py PROGRAM OUT [FOLDER...]

PROGRAM                    needs                                         FOLDERs
hooked, hooked-split,      transformer-lens 3.9.0
hooked-folded
bridge, bridge-folded      transformer-lens 4.3.0
nnterp                     nnterp 1.3.0, nnsight 0.7.0
interp-engine              interp-engine 1.14.2
mishax                     jax, flax                                     mishax at 017d463, gemma 3.0.2 from PyPI unpacked
first_layer                                                              a whole recording, such as that of dump_candle_mi.rs

All in float32 on CPU. Of the four layers the file keeps the first, which has a window, and what comes after the last.
"""

import json
import pathlib
import sys
import types
import warnings

import numpy as np
from safetensors.numpy import load_file, save_file

warnings.filterwarnings("ignore")
MILD = pathlib.Path(__file__).resolve().parents[1] / "src/main/resources/loupe/golden/cases/mild"
IDS = [[2, 5, 7, 9, 11]]
CONFIG = json.loads((MILD / "config.json").read_text())
LAYERS = CONFIG["num_hidden_layers"]


def hugging_face():
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(MILD, dtype=torch.float32, attn_implementation="eager").eval()


def tokenizer():
    """Any will do: the ids are given."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MILD.parents[2] / "tiny")


def cached(model):
    import torch

    with torch.no_grad():
        logits, cache = model.run_with_cache(torch.tensor(IDS))
    return {**{name: cache[name] for name in cache.keys()}, "logits": logits}


def hooked(folded=False, split=False):
    import torch
    import transformer_lens as tl
    from transformer_lens.pretrained.weight_conversions.gemma import convert_gemma_weights

    c = CONFIG
    cfg = tl.HookedTransformerConfig(
        n_layers=LAYERS, d_model=c["hidden_size"], n_ctx=64, d_head=c["head_dim"], n_heads=c["num_attention_heads"],
        n_key_value_heads=c["num_key_value_heads"], d_mlp=c["intermediate_size"], d_vocab=c["vocab_size"], act_fn="gelu_pytorch_tanh",
        normalization_type="RMS", eps=c["rms_norm_eps"], positional_embedding_type="rotary", rotary_dim=c["head_dim"], rotary_base=10000,
        final_rms=True, gated_mlp=True, use_attn_scale=True, attn_scale=c["query_pre_attn_scalar"] ** 0.5, window_size=c["sliding_window"],
        use_local_attn=True, attn_types=["local", "global"] * (LAYERS // 2), attn_scores_soft_cap=c["attn_logit_softcapping"],
        output_logits_soft_cap=c["final_logit_softcapping"], use_normalization_before_and_after=True,
        original_architecture="Gemma2ForCausalLM", dtype=torch.float32, device="cpu")
    state = convert_gemma_weights(hugging_face(), cfg)
    model = tl.HookedTransformer(cfg)
    if folded:
        model.load_and_process_state_dict(state, fold_ln=True, center_writing_weights=False, center_unembed=False)
    else:
        model.load_state_dict(state, strict=False)
    model.set_use_attn_result(True)
    model.set_use_hook_mlp_in(True)
    model.set_use_split_qkv_input(split)
    return cached(model)


def bridge(folded=False):
    from transformer_lens.model_bridge import TransformerBridge

    model = TransformerBridge.boot_transformers(str(MILD), hf_model=hugging_face(), device="cpu", tokenizer=tokenizer())
    if folded:
        model.enable_compatibility_mode(disable_warnings=True)
    return cached(model)


def nnterp():
    import torch
    from nnterp import StandardizedTransformer

    model = StandardizedTransformer(hugging_face(), enable_attention_probs=True, tokenizer=tokenizer(), device_map="cpu")
    with torch.no_grad(), model.trace(torch.tensor(IDS)):
        kept = dict().save()
        kept["token_embeddings"] = model.token_embeddings
        for layer in range(LAYERS):
            kept[f"layers_input.{layer}"] = model.layers_input[layer]
            kept[f"attentions_input.{layer}"] = model.attentions_input[layer]
            kept[f"attention_probabilities.{layer}"] = model.attention_probabilities[layer]
            kept[f"attentions_output.{layer}"] = model.attentions_output[layer]
            kept[f"mlps_input.{layer}"] = model.mlps_input[layer]
            kept[f"mlps_output.{layer}"] = model.mlps_output[layer]
            kept[f"layers_output.{layer}"] = model.layers_output[layer]
        kept["ln_final"] = model.ln_final.output
        kept["lm_head"] = model.lm_head.output
        kept["logits"] = model.logits
    return dict(kept)


def interp_engine():
    import interp_engine as ie
    import torch
    from interp_engine.model import EagerModel
    from interp_engine.points import POINTS

    model = EagerModel(str(MILD), device="cpu", hf_model=hugging_face(), tokenizer=tokenizer())
    addresses = [ie.Address(point.name, layer) for point in POINTS
                 for layer in ([None] if str(point.scope).lower().endswith("global") else range(LAYERS))]
    cache = ie.capture(model, torch.tensor(IDS), [address for address in addresses if not model.refuses(address)])
    return {**{ie.format_address(address): tensor for address, tensor in cache.tensors.items()}, "logits": cache.output.logits}


def mishax(mishax_folder, gemma_folder):
    sys.path[:0] = [mishax_folder, gemma_folder]
    for name in ("gemma.multimodal", "gemma.multimodal.vision"):  # the vision encoder is not used
        sys.modules[name] = types.ModuleType(name)
    sys.modules["gemma.multimodal"].vision = sys.modules["gemma.multimodal.vision"]
    sys.modules["gemma.multimodal.vision"].SigLiPFromPatches = object
    from mishax.examples import gemma as sites

    sites.install()
    import jax
    import jax.numpy as jnp
    import torch
    from gemma import modules, transformer
    from safetensors.torch import load_file as load_torch

    class Config(transformer.TransformerConfig):
        def query_pre_attn_scalar(self):
            return CONFIG["query_pre_attn_scalar"] ** -0.5

    class Model(transformer.Transformer):  # the class itself refuses to be made, for its age
        pass

    w = {name: tensor.to(torch.float32).numpy() for name, tensor in load_torch(MILD / "model.safetensors").items()}
    d, n, k, h = (CONFIG[key] for key in ("hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"))
    params = {"embedder": {"input_embedding": w["model.embed_tokens.weight"]}, "final_norm": {"scale": w["model.norm.weight"]}}
    for layer in range(LAYERS):
        part = {name.split(".", 3)[3].removesuffix(".weight"): t for name, t in w.items() if name.startswith(f"model.layers.{layer}.")}
        heads = {x: part[f"self_attn.{x}_proj"].reshape(-1, h, d).transpose(0, 2, 1) for x in "qkv"}
        params[f"layer_{layer}"] = {
            "attn": {"q_einsum": {"w": heads["q"]}, "kv_einsum": {"w": np.stack([heads["k"], heads["v"]])},
                     "attn_vec_einsum": {"w": part["self_attn.o_proj"].reshape(d, n, h).transpose(1, 2, 0)}},
            "mlp": {"gating_einsum": np.stack([part["mlp.gate_proj"].T, part["mlp.up_proj"].T]), "linear": part["mlp.down_proj"].T},
            "pre_attention_norm": {"scale": part["input_layernorm"]}, "post_attention_norm": {"scale": part["post_attention_layernorm"]},
            "pre_ffw_norm": {"scale": part["pre_feedforward_layernorm"]}, "post_ffw_norm": {"scale": part["post_feedforward_layernorm"]}}
    types_ = [modules.AttentionType.LOCAL_SLIDING, modules.AttentionType.GLOBAL] * (LAYERS // 2)
    model = Model(Config(
        num_layers=LAYERS, num_embed=CONFIG["vocab_size"], embed_dim=d, hidden_dim=CONFIG["intermediate_size"], num_heads=n, head_dim=h,
        num_kv_heads=k, final_logit_softcap=CONFIG["final_logit_softcapping"], use_post_attn_norm=True, use_post_ffw_norm=True,
        attention_types=types_, attn_logits_soft_cap=CONFIG["attn_logit_softcapping"], sliding_window_size=CONFIG["sliding_window"],
        query_pre_attn_norm=transformer.QueryPreAttentionNormalisation.BY_ONE_OVER_SQRT_HEAD_DIM))
    t = len(IDS[0])
    (logits, _), state = model.apply({"params": params}, jnp.array(IDS), jnp.arange(t)[None], None, jnp.tril(jnp.ones((1, t, t), bool)),
                                     mutable=[sites.ACTIVATIONS])
    leaves = jax.tree_util.tree_flatten_with_path(state[sites.ACTIVATIONS])[0]
    # sow keeps a tuple with one value at each path
    return {**{"/".join(str(key.key) for key in path[:-1]): value for path, value in leaves}, "logits": logits}


PROGRAMS = {
    "hooked": hooked, "hooked-split": lambda: hooked(split=True), "hooked-folded": lambda: hooked(folded=True),
    "bridge": bridge, "bridge-folded": lambda: bridge(folded=True),
    "nnterp": nnterp, "interp-engine": interp_engine, "mishax": mishax, "first_layer": load_file}


def is_of_a_later_layer(name):
    return any(word.isdigit() and word != "0" for word in name.replace("/", ".").replace("_", ".").split("."))


program, out, *folders = sys.argv[1:]
found = PROGRAMS[program](*folders)
tensors = {name: np.ascontiguousarray(t.detach().numpy() if hasattr(t, "detach") else t) for name, t in found.items()}
save_file({name: t for name, t in sorted(tensors.items()) if not is_of_a_later_layer(name)}, out)
print(program, len(load_file(out)), "tensors")
