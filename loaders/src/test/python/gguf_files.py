"""GGUF files as the `gguf` package writes them, for the tests of module loaders.

    pip install gguf==0.19.0
    gguf_files.py FOLDER

types.gguf    every type that is read: X holds random blocks, X.f32 what the package makes of them
aligned.gguf  every type of value, and an alignment of 4096
"""

import sys

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T

ROWS, COLUMNS = 6, 512
QUANTIZED = [T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q4_K, T.Q5_K, T.Q6_K]
# Bytes of a block at which its float16 numbers begin.
HALVES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q4_K: [0, 2], T.Q5_K: [0, 2],
    T.Q6_K: [208],
}


def blocks(rng, kind):
    """Random bytes; the scales are finite float16 numbers of every magnitude, subnormal ones and zeros of both signs."""
    elements, size = GGML_QUANT_SIZES[kind]
    count = ROWS * COLUMNS // elements
    data = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in HALVES[kind]:
        bits = rng.integers(0, 0x7C00, count).astype(np.uint16) | (rng.integers(0, 2, count) << 15).astype(np.uint16)
        bits[:4] = [0, 0x8000, 1, 0x7BFF]
        data[:, at : at + 2] = bits.view(np.uint8).reshape(count, 2)
    return data.reshape(ROWS, -1)


def types(path):
    rng = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "test")
    for kind in QUANTIZED:
        data = blocks(rng, kind)
        with np.errstate(over="ignore"):
            values = gguf.quants.dequantize(data, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        writer.add_tensor(kind.name + ".f32", values.astype(np.float32))
    f32 = rng.standard_normal((3, 4, 5)).astype(np.float32)
    writer.add_tensor("F32", f32)
    writer.add_tensor("F16", f32.astype(np.float16))
    writer.add_tensor("F16.f32", f32.astype(np.float16).astype(np.float32))
    bf16 = gguf.quants.quantize(f32.reshape(3, 20), T.BF16)
    writer.add_tensor("BF16", bf16, raw_dtype=T.BF16)
    writer.add_tensor("BF16.f32", gguf.quants.dequantize(bf16, T.BF16))
    for dtype in (np.int8, np.int16, np.int32, np.int64, np.float64):
        name = {"i": "I", "f": "F"}[np.dtype(dtype).kind] + str(8 * np.dtype(dtype).itemsize)
        values = np.array([[-1, 2, 100], [-128, 0, 7]]).astype(dtype)
        writer.add_tensor(name, values)
        writer.add_tensor(name + ".f32", values.astype(np.float32))
    finish(writer)


def aligned(path):
    writer = gguf.GGUFWriter(path, "test")
    writer.add_custom_alignment(4096)
    writer.add_uint8("v.uint8", 255)
    writer.add_int8("v.int8", -128)
    writer.add_uint16("v.uint16", 65535)
    writer.add_int16("v.int16", -32768)
    writer.add_uint32("v.uint32", 2**32 - 1)
    writer.add_int32("v.int32", -(2**31))
    writer.add_uint64("v.uint64", 2**63 - 1)
    writer.add_int64("v.int64", -(2**63))
    writer.add_float32("v.float32", 0.1)
    writer.add_float64("v.float64", 0.1)
    writer.add_bool("v.bool", True)
    writer.add_string("v.string", "größe \u2581\U0001F600\n")
    writer.add_array("v.strings", ["", "a", "\u2581b"])
    writer.add_array("v.floats", [0.5, -1.5])
    writer.add_array("v.ints", [1, -2, 3])
    writer.add_array("v.bools", [True, False])
    writer.add_tensor("one", np.arange(6, dtype=np.float32).reshape(2, 3))
    writer.add_tensor("two", np.arange(3, dtype=np.float32))
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


types(sys.argv[1] + "/types.gguf")
aligned(sys.argv[1] + "/aligned.gguf")
