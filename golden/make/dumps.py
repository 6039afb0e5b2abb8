"""Makes the recorded dumps of the tests: golden case mild run by Hugging Face transformers
(golden/src/test/resources/loupe/golden/dialect), and the embedded model run by llama.cpp (cli/src/test/resources/loupe/cli; as in llama-cpp-python 0.3.36).

    python dumps.py [LLAMA_EVAL_CALLBACK LOUPE]

Needs torch, transformers 5 and safetensors; for the text of llama.cpp also its llama-eval-callback and a built `loupe`.
"""

import pathlib
import re
import runpy
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM
from transformers.model_debugging_utils import model_addition_debugger_context

ROOT = pathlib.Path(__file__).resolve().parents[2]
MILD = ROOT / "golden/src/main/resources/loupe/golden/cases/mild"
IDS = "2,5,7,9,11"


def hugging_face(out):
    script = str(ROOT / "clients/python/dump_hf.py")
    for dtype in ("float32", "bfloat16"):
        sys.argv = [script, str(MILD), IDS, str(out / f"hf-{dtype}.safetensors"), dtype]
        runpy.run_path(script)
    model = AutoModelForCausalLM.from_pretrained(MILD, dtype=torch.float32, attn_implementation="eager").eval()
    with tempfile.TemporaryDirectory() as folder:
        with model_addition_debugger_context(model, debug_path=folder):
            model(torch.tensor([[int(i) for i in IDS.split(",")]]), use_cache=False)
        tree = pathlib.Path(folder, "Gemma2ForCausalLM_debug_tree_FULL_TENSORS.json").read_text()
    (out / "hf-debugger.json").write_text(re.sub(r"\n *", "\n", tree))


def llama_cpp(out, program, loupe, weights, options, dropped):
    """The text without the operations whose first line matches a pattern."""
    with tempfile.TemporaryDirectory() as folder:
        model = folder + "/tiny.gguf"
        subprocess.run([loupe, "convert", "--type", weights, "--fold-query-scale", "--out", model], check=True)
        command = [program, "-m", model, "-p", "Four score", "-c", "64", "-t", "2", *options]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    blocks = re.split(r"(?m)^(?=common_debug_cb_eval)", text)
    out.write_text("".join(b for b in blocks if not re.search(dropped, b.split("\n")[0])))


arguments = sys.argv[1:]
hugging_face(ROOT / "golden/src/test/resources/loupe/golden/dialect")
if arguments:
    texts = ROOT / "cli/src/test/resources/loupe/cli"
    f32 = ["-fa", "off", "-ctk", "f32", "-ctv", "f32"]
    llama_cpp(texts / "llama.cpp-eval-callback.txt", *arguments, "f32", f32, r"(-|blk\.|cache_.?_l)[1-4]\b")
    later = r"(-|blk\.|cache_.?_l)[1-5]\b|\) = \(|out_ids|node_2\d\d|result"
    llama_cpp(texts / "llama.cpp-bf16.txt", *arguments, "bf16", [], later)
    llama_cpp(texts / "llama.cpp-f16-cache.txt", *arguments, "f16", ["-fa", "off"], later)
