"""One row of the table of peers: times Hugging Face transformers and prints one JSON object.

    python hugging_face.py CHECKPOINT float32|bfloat16 THREADS REPS
"""

import json
import os
import resource
import sys
import time
import warnings

path, dtype, threads, reps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ.update(HF_HUB_OFFLINE="1", OMP_NUM_THREADS=str(threads))

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from transformers import DynamicCache, Gemma2ForCausalLM  # noqa: E402
from transformers.utils import logging  # noqa: E402

logging.disable_progress_bar()


def since_start():
    """Seconds since this process began, by Linux's own clocks."""
    ticks = int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[19])
    return float(open("/proc/uptime").read().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


def prompt(length):
    return torch.tensor([[2] + [1000 + i * 7919 % 200000 for i in range(1, length)]])


def run(ids, cache):
    return model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[0, -1]


def new_cache():
    return DynamicCache(config=model.config)


def decode():
    cache = new_cache()
    tokens = [int(run(prompt(64), cache).argmax())]
    start = time.perf_counter()
    for _ in range(64):
        tokens.append(int(run(torch.tensor([[tokens[-1]]]), cache).argmax()))
    return time.perf_counter() - start, tokens


def prefill():
    start = time.perf_counter()
    token = int(run(prompt(512), new_cache()).argmax())
    return time.perf_counter() - start, token


torch.set_num_threads(threads)
with torch.inference_mode():
    model = Gemma2ForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype), attn_implementation="eager").eval()
    row = {"threads": threads, "torch": torch.__version__, "load_s": since_start()}
    logits = run(prompt(64), new_cache())
    row.update(argmax64=int(logits.argmax()), ttft64_s=since_start(), logits64=logits[1000:1008].float().tolist())
    row["argmax512"] = prefill()[1]
    row["prefill512_s"] = [prefill()[0] for _ in range(reps)]
    decode()
    decoded = [decode() for _ in range(reps)]
    row.update(decode64_s=[seconds for seconds, _ in decoded], tokens=decoded[-1][1])
row["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps(row))
