"""Records SAELens 6.54.12 on golden case hot (TransformerLens 3.9.0, float32):  python dump_saes.py OUT_DIR

Each SAE of the case, with its own parameters, is loaded into SAELens' class and saved as SAELens saves it (saelens-KIND, a folder), and
attached to HookedSAETransformer by its hook, with the error term, so that the model's tensors stay as they are. What
run_with_cache_with_saes then names after the SAE is saved as saelens-KIND.safetensors.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import torch
import transformer_lens as tl
from sae_lens import HookedSAETransformer
from sae_lens.saes.jumprelu_sae import JumpReLUSAE, JumpReLUSAEConfig
from sae_lens.saes.sae import SAEMetadata
from sae_lens.saes.transcoder import JumpReLUTranscoder, JumpReLUTranscoderConfig
from safetensors.torch import save_file
from transformer_lens.pretrained.weight_conversions.gemma import convert_gemma_weights
from transformers import AutoModelForCausalLM

warnings.filterwarnings("ignore")
DATA = pathlib.Path(__file__).resolve().parents[1] / "src/main/resources/loupe/golden"
FOLDER = DATA / "cases/hot"
c = json.loads((FOLDER / "config.json").read_text())
ids = json.loads((FOLDER / "input.json").read_text())["ids"][:6]
out = pathlib.Path(sys.argv[1])

cfg = tl.HookedTransformerConfig(
    n_layers=c["num_hidden_layers"], d_model=c["hidden_size"], n_ctx=64, d_head=c["head_dim"], n_heads=c["num_attention_heads"],
    n_key_value_heads=c["num_key_value_heads"], d_mlp=c["intermediate_size"], d_vocab=c["vocab_size"], act_fn="gelu_pytorch_tanh",
    normalization_type="RMS", eps=c["rms_norm_eps"], positional_embedding_type="rotary", rotary_dim=c["head_dim"], rotary_base=10000,
    final_rms=True, gated_mlp=True, use_attn_scale=True, attn_scale=c["query_pre_attn_scalar"] ** 0.5, window_size=c["sliding_window"],
    use_local_attn=True, attn_types=[("local", "global")[layer % 2] for layer in range(c["num_hidden_layers"])],
    attn_scores_soft_cap=c["attn_logit_softcapping"], output_logits_soft_cap=c["final_logit_softcapping"],
    use_normalization_before_and_after=True, original_architecture="Gemma2ForCausalLM", dtype=torch.float32, device="cpu")
hf = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
model = HookedSAETransformer(cfg)
model.load_state_dict(convert_gemma_weights(hf, cfg), strict=False)

for kind in ("res", "att", "mlp", "transcoder"):
    info = json.loads((DATA / f"saes/hot-{kind}/sae.json").read_text())
    params = dict(np.load(DATA / f"saes/hot-{kind}/params.npz"))
    metadata = dict(model_name="golden-hot", hook_name=info["input"], prepend_bos=True)
    common = dict(d_in=info["d_in"], d_sae=info["d_sae"], dtype="float32", device="cpu", apply_b_dec_to_input=False)
    if kind == "transcoder":
        metadata = SAEMetadata(hook_name_out=info["output"], **metadata)
        sae = JumpReLUTranscoder(JumpReLUTranscoderConfig(d_out=info["d_out"], metadata=metadata, **common))
    else:
        reshape = "hook_z" if kind == "att" else "none"
        sae = JumpReLUSAE(JumpReLUSAEConfig(reshape_activations=reshape, metadata=SAEMetadata(**metadata), **common))
    sae.load_state_dict({name: torch.from_numpy(value) for name, value in params.items()})
    sae.save_model(out / f"saelens-{kind}")
    with torch.no_grad():
        _, cache = model.run_with_cache_with_saes(torch.tensor([ids]), saes=[sae], use_error_term=True)
    of_sae = {name: cache[name].detach().clone(memory_format=torch.contiguous_format) for name in cache.keys() if "hook_sae" in name or name == info["input"]}
    save_file(of_sae, out / f"saelens-{kind}.safetensors")
    print(kind, {name: tuple(tensor.shape) for name, tensor in of_sae.items()})
