"""Counts verdicts on right programs: random tiny models by `loupe synth`, run by Hugging Face transformers through dump_hf.py's
hooks in float32 and bfloat16, and graded by `loupe check`: the whole dump, layer outputs and logits, logits alone. With eager
attention every `fail` is a false alarm. With sdpa (which leaves the cap out) a `fail` is one where the model has no attention cap;
where it has, `attn-cap-missing` should come first.

    python false_alarms.py LOUPE MODELS [SEED [ATTENTION]]
"""

import json
import pathlib
import random
import re
import runpy
import subprocess
import sys
import tempfile

from safetensors.torch import load_file, save_file


def config(rng):
    kv, group, half = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 6)
    return {
        "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_activation": "gelu_pytorch_tanh",
        "num_hidden_layers": rng.randint(1, 4), "num_attention_heads": kv * group, "num_key_value_heads": kv,
        "head_dim": 2 * half, "hidden_size": kv * group * rng.randint(2, 9), "intermediate_size": rng.randint(5, 64),
        "vocab_size": rng.randint(20, 90), "sliding_window": rng.randint(2, 9), "max_position_embeddings": 512,
        "query_pre_attn_scalar": rng.choice([2 * half, 7, 16, 144]), "rms_norm_eps": rng.choice([1e-6, 1e-5, 1e-2]),
        "rope_theta": rng.choice([10000.0, 500.0]), "attn_logit_softcapping": rng.choice([50.0, 20.0, None]),
        "final_logit_softcapping": rng.choice([30.0, 45.0, None]), "attention_bias": False, "tie_word_embeddings": True,
        "torch_dtype": rng.choice(["bfloat16", "float32"]), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
    }


def main():
    loupe, models = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    attention = sys.argv[4] if len(sys.argv) > 4 else "eager"
    rng = random.Random(seed)
    counts = {}
    script = str(pathlib.Path(__file__).with_name("dump_hf.py"))
    for number in range(models):
        with tempfile.TemporaryDirectory() as folder:
            shape = config(rng)
            pathlib.Path(folder, "c.json").write_text(json.dumps(shape))
            subprocess.run([loupe, "synth", "--config", f"{folder}/c.json", "--seed", str(rng.randrange(10**6)),
                            "--out", f"{folder}/m"], check=True, capture_output=True)
            ids = ",".join(["2"] + [str(rng.randrange(shape["vocab_size"])) for _ in range(rng.randint(0, 30))])
            dumps = []
            for dtype in ("float32", "bfloat16"):
                whole = f"{folder}/{dtype}.safetensors"
                sys.argv = [script, f"{folder}/m", ids, whole, dtype, attention]
                runpy.run_path(script)
                tensors = load_file(whole)
                layers = {n: t for n, t in tensors.items() if re.fullmatch(r"model.layers.\d+.output|logits", n)}
                save_file(layers, f"{folder}/{dtype}-layers.safetensors")
                save_file({"logits": tensors["logits"]}, f"{folder}/{dtype}-logits.safetensors")
                for kind in ("", "-layers", "-logits"):
                    dumps += ["--dump", f"{folder}/{dtype}{kind}.safetensors"]
            done = subprocess.run([loupe, "check", "--model", f"{folder}/m", "--tokens", ids, "--jsonl", *dumps],
                                  capture_output=True, text=True)
            if done.returncode == 2:
                sys.exit(f"model {number}: {done.stderr}")
            for line in map(json.loads, done.stdout.splitlines()):
                cap = attention != "eager" and shape["attn_logit_softcapping"] is not None
                named = line["diagnosis"][0]["quirk"] if line["diagnosis"] else ""
                key = ("capped" if cap else "right", pathlib.Path(line["dump"]).stem, line["precision"], line["verdict"], named)
                counts[key] = counts.get(key, 0) + 1
                if line["verdict"] == "fail" and not cap:
                    print(number, json.dumps(shape), ids, line["dump"], line["first_divergence"], flush=True)
    for key, count in sorted(counts.items()):
        print(count, *key)


main()
