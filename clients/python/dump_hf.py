"""Dumps a run of Hugging Face's Gemma 2 for `loupe check`: what every module is given and returns, patterns, and logits.

    python dump_hf.py MODEL IDS OUT [DTYPE [ATTENTION]]     python dump_hf.py gemma-2-2b 2,651,6037 dump.safetensors bfloat16 eager

ATTENTION sdpa knows no cap: transformers 5 refuses it for Gemma 2, and so does its sdpa where there is a cap; older ones left the cap
out in silence. Here that is done again. It gives no patterns.
"""

import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

model_path, ids, out = sys.argv[1:4]
dtype = getattr(torch, sys.argv[4]) if len(sys.argv) > 4 else torch.float32
attention = sys.argv[5] if len(sys.argv) > 5 else "eager"
model = AutoModelForCausalLM.from_pretrained(model_path, dtype=dtype, attn_implementation="eager").eval()
model.config._attn_implementation = attention
for layer in model.model.layers if attention == "sdpa" else ():
    layer.self_attn.attn_logit_softcapping = None
tensors = {}


def keep(name, value):
    value = value[0] if isinstance(value, tuple) else value
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        tensors[name] = value.detach().clone().contiguous()


def hook(name):
    def after(module, args, kwargs, output):
        keep(name + ".output", output)
        keep(name + ".input", args[0] if args else kwargs.get("hidden_states"))

    return after


for name, module in model.named_modules():
    if name.startswith(("model.layers.", "model.embed_tokens", "model.norm", "lm_head")):
        module.register_forward_hook(hook(name), with_kwargs=True)
with torch.no_grad():
    result = model(torch.tensor([[int(i) for i in ids.split(",")]]), output_attentions=attention == "eager", use_cache=False)
for layer, pattern in enumerate(result.attentions or ()):
    keep(f"attentions.{layer}", pattern)
keep("logits", result.logits)
save_file(tensors, out)
