"""Makes the files of this folder with numpy, ml_dtypes and safetensors; see README.md.

Arrays in npy and npz files hold 0, 1, 2, ... in row-major order (booleans: index % 3 == 1), times
0.25, less 1, for floats, so that a test knows every value without a second file.
"""

import io
import json
import struct
import zipfile

import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy

SHAPE = (2, 3, 4)


def values(dtype, shape=SHAPE):
    index = np.arange(int(np.prod(shape))).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return index % 3 == 1
    return (index * 0.25 - 1 if kind == "f" else index).astype(dtype)


def pack(codes, bits):
    """First element in the lowest bits of the first byte."""
    number = 0
    for i, code in enumerate(codes):
        number |= int(code) << (bits * i)
    return number.to_bytes(len(codes) * bits // 8, "little")


def safetensors_file():
    """Every dtype of the format; X.f64 holds what ml_dtypes or numpy says the elements of X are."""
    tensors = []

    def add(name, data, shape, expected):
        tensors.append((name, name, shape, data))
        tensors.append((name + ".f64", "F64", shape, np.asarray(expected, "<f8").tobytes()))

    codes = np.arange(256, dtype=np.uint8)
    for name, dtype in [
        ("F8_E5M2", ml_dtypes.float8_e5m2),
        ("F8_E4M3", ml_dtypes.float8_e4m3fn),
        ("F8_E8M0", ml_dtypes.float8_e8m0fnu),
        ("F8_E5M2FNUZ", ml_dtypes.float8_e5m2fnuz),
        ("F8_E4M3FNUZ", ml_dtypes.float8_e4m3fnuz),
    ]:
        # float8_e8m0fnu's 2^-127 passes float32 as a subnormal; go by float64.
        add(name, codes.tobytes(), [16, 16], codes.view(dtype).astype(np.float64))
    for name, dtype, bits in [
        ("F6_E2M3", ml_dtypes.float6_e2m3fn, 6),
        ("F6_E3M2", ml_dtypes.float6_e3m2fn, 6),
        ("F4", ml_dtypes.float4_e2m1fn, 4),
    ]:
        small = np.arange(1 << bits, dtype=np.uint8)
        add(name, pack(small, bits), [len(small)], small.view(dtype).astype(np.float64))
    half = np.concatenate([np.arange(0, 65536, 257), [1, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0xFC00]])
    half = half.astype("<u2")
    add("F16", half.tobytes(), [len(half)], half.view("<f2").astype(np.float64))
    add("BF16", half.tobytes(), [len(half)], half.view(ml_dtypes.bfloat16).astype(np.float64))
    single = np.array([0, -0.0, 1.1, -3e38, 1e-45, np.inf, -np.inf, np.nan], "<f4")
    add("F32", single.tobytes(), [2, 4], single.astype(np.float64))
    double = np.array([0.1, -1e308, 5e-324, np.nan, -np.inf], "<f8")
    add("F64", double.tobytes(), [5, 1], double)
    for name, dtype in [("I8", "<i1"), ("U8", "<u1"), ("I16", "<i2"), ("U16", "<u2"),
                        ("I32", "<i4"), ("U32", "<u4"), ("I64", "<i8"), ("U64", "<u8")]:
        limits = np.iinfo(dtype)
        whole = np.array([limits.min, 0, 1, 77, limits.max - 1, limits.max], dtype)
        add(name, whole.tobytes(), [6], whole.astype(np.float64))
    add("BOOL", bytes([0, 1, 1, 0, 1]), [5], [0, 1, 1, 0, 1])
    tensors.append(("C64", "C64", [2], np.array([1 + 2j, -3.5j], "<c8").tobytes()))
    tensors.append(("scalar", "F32", [], struct.pack("<f", 2.5)))
    tensors.append(("empty", "F32", [0, 3], b""))

    header, data = {"__metadata__": {"made by": "make.py", "ünï": "cödé \n\"\\"}}, b""
    for name, dtype, shape, part in tensors:
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    with open("dtypes.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + data)
    with safetensors.safe_open("dtypes.safetensors", "np") as check:
        assert set(check.keys()) == {name for name, *_ in tensors}
    # The library's own writer, for its layout and padding.
    safetensors.numpy.save_file(
        {"b": values("<f4"), "a": values("<f8"), "c": values("<i2"), "d": values("?", (7,))},
        "library.safetensors", {"key": "value"})


def npz_files():
    plain = {
        "f2": values("<f2"), "f4": values("<f4"), "f8": values("<f8"),
        "i1": values("i1"), "i2": values("<i2"), "i4": values("<i4"), "i8": values("<i8"),
        "u1": values("u1"), "u2": values("<u2"), "u4": values("<u4"), "u8": values("<u8"),
        "b1": values("?"), "scalar": values("<f4", ()), "vector": values("<f8", (5,)),
        "empty": values("<f4", (3, 0, 2)), "matrix": values("<f4", (5, 7)),
        "c8": np.array([1 + 2j, -3.5j], "<c8"),
    }
    other = {
        "big_f2": values(">f2"), "big_f4": values(">f4"), "big_f8": values(">f8"),
        "big_i2": values(">i2"), "big_u4": values(">u4"), "big_i8": values(">i8"),
        "fortran": np.asfortranarray(values("<f4")),
        "fortran_big": np.asfortranarray(values(">f8")),
        "fortran_i1": np.asfortranarray(values("i1")),
        "fortran_matrix": np.asfortranarray(values("<f4", (5, 7))),
        "fortran_f2": np.asfortranarray(values("<f2", (3, 1, 4))),
        "fortran_vector": values("<f8", (4,)),
        "größe": values("<f4", (2,)),
    }
    np.savez("stored.npz", **plain, **other)
    np.savez_compressed("deflated.npz", **plain, **other)

    # Zip64 fields in both headers and at the end of the directory.
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
    np.savez("zip64.npz", f4=plain["f4"], fortran=other["fortran"])
    np.savez_compressed("zip64_deflated.npz", f4=plain["f4"], fortran=other["fortran"])
    zipfile.ZIP64_LIMIT = limit

    # To a stream: sizes and CRC follow the data.
    class Stream(io.RawIOBase):
        def __init__(self, name):
            self.out = open(name, "wb")

        def writable(self):
            return True

        def write(self, part):
            return self.out.write(part)

    for name, method in [("streamed.npz", zipfile.ZIP_STORED),
                         ("streamed_deflated.npz", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(Stream(name), "w", method) as archive:
            archive.comment = b"a comment"
            with archive.open("f4.npy", "w") as member:
                np.lib.format.write_array(member, plain["f4"])

    for version in (1, 2, 3):
        with open(f"version{version}.npy", "wb") as out:
            np.lib.format.write_array(out, other["fortran_matrix"], version=(version, 0))


def refused_files():
    np.savez("pickled.npz", o=np.array([{"a": 1}, None], dtype=object))
    for name, array in [
        ("pickled", np.array([1, "a"], dtype=object)),
        ("structured", np.zeros(3, dtype=[("a", "<f4"), ("größe", "<i2")])),
        ("text", np.array(["ab", "c"])),
        ("complex128", np.zeros(2, "<c16")),
        ("bfloat16", np.zeros(2, ml_dtypes.bfloat16)),
        ("datetime", np.zeros(2, "<M8[s]")),
    ]:
        np.save(f"refused_{name}.npy", array)
    with zipfile.ZipFile("refused_lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        with archive.open("f4.npy", "w") as member:
            np.lib.format.write_array(member, values("<f4"))


safetensors_file()
npz_files()
refused_files()
