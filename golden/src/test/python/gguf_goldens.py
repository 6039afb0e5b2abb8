"""What llama.cpp makes of a small model that GGUF can express, for the tests of module golden.

    loupe synth --config ../resources/loupe/golden/gguf/config.json --seed 3 --out small
    cp ../resources/loupe/golden/gguf/tokenizer.model small/
    pip install gguf==0.19.0 sentencepiece==0.2.3 cyllama==0.2.18 numpy safetensors torch transformers
    gguf_goldens.py small LLAMA_CPP ../resources/loupe/golden/gguf

LLAMA_CPP is llama.cpp's source as llama-cpp-python 0.3.36 has it (vendor/llama.cpp), whose converter is used. The
tokenizer.model is the embedded model's, cut after 500 pieces; the embedding has 512 rows.

small-q8_0.gguf       the model as that converter writes it
tensors.json          for each type the SHA-256 of each tensor's values, little-endian (Q8_0: float32, dequantised)
logits.safetensors    llama.cpp's logits of `ids`, [pos, d_vocab], with the cache in float32, for each type
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

IDS = [2, 17, 9, 300, 279, 41, 480, 12, 290, 285, 283, 330, 27, 499, 8, 5, 6, 7, 311, 3]
TYPES = ["f32", "f16", "bf16", "q8_0"]


def digests(path):
    import gguf

    out = {}
    for tensor in gguf.GGUFReader(path).tensors:
        data = tensor.data
        if tensor.tensor_type == gguf.GGMLQuantizationType.Q8_0:
            data = gguf.quants.dequantize(data, tensor.tensor_type).astype(np.float32)
        out[tensor.name] = f"{tensor.tensor_type.name} {hashlib.sha256(data.tobytes()).hexdigest()}"
    return dict(sorted(out.items()))


def logits(path):
    import cyllama.llama.llama_cpp as llama

    class Model(llama.LlamaModel):
        n_vocab = 512  # the package forgets it

    params = llama.LlamaContextParams()
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_threads = 256, 64, 64, 1
    params.type_k = params.type_v = 0  # F32
    params.flash_attn_type = 0
    context = llama.LlamaContext(Model(str(path)), params)
    batch = llama.LlamaBatch(n_tokens=64, embd=0, n_seq_max=1)
    batch.set_batch(IDS, 0, True)
    context.decode(batch)
    return np.stack([np.array(context.get_logits_ith(i), dtype=np.float32) for i in range(len(IDS))])


def main(model, llama_cpp, out):
    tensors, values = {}, {"ids": np.array(IDS, dtype=np.int32)}
    for kind in TYPES:
        path = out / f"small-{kind}.gguf"
        command = [sys.executable, "convert_hf_to_gguf.py", model.resolve(), "--outtype", kind, "--outfile", path.resolve()]
        subprocess.run(command, cwd=llama_cpp, check=True)
        tensors[kind] = digests(path)
        values[kind] = logits(path)
        if kind != "q8_0":
            path.unlink()
    (out / "tensors.json").write_text(json.dumps(tensors, indent=1) + "\n")
    save_file(values, out / "logits.safetensors")


main(*map(Path, sys.argv[1:4]))
