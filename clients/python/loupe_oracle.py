"""Asks Loupe's oracle: true values of Gemma 2 and JumpReLU SAEs, proven bounds, verdicts.

Needs Python 3.8 and nothing else; numpy arrays are understood where they come.
golden/PROTOCOL.md describes the messages. loupe_strategies.py has random inputs for Hypothesis.
"""

import base64
import json
import os
import shlex
import struct
import subprocess
import sys

_FORMATS = {"F64": "d", "F32": "f", "F16": "e"}


class OracleError(Exception):
    """An error reply; `code` is one of those that hello lists."""

    def __init__(self, code, message, request):
        super().__init__("%s: %s\nrequest: %s" % (code, message, request[:2000]))
        self.code = code


class Oracle:
    """The oracle as a child process. `Oracle("./loupe", "serve", "--stdio")`; without a command
    that of the environment variable LOUPE_COMMAND, else loupe from the PATH. A context manager."""

    def __init__(self, *command):
        command = command or shlex.split(os.environ.get("LOUPE_COMMAND", "loupe serve --stdio"))
        self._child = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self._next = 0
        self.last_request = ""
        self.hello = self.ask("hello")

    def ask(self, op, args=None, **how):
        """The result of an operation. `how`: arithmetic, precision, elementary_ulp, theirs."""
        self._next += 1
        request = {"id": self._next, "op": op, "args": args or {}, **how}
        # A line that failed is a test that `loupe answer` repeats.
        self.last_request = json.dumps(request, allow_nan=False)
        try:
            self._child.stdin.write(self.last_request + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise OSError("the oracle has ended with exit code %s" % self._child.wait())
        reply = json.loads(line)
        if reply["id"] != self._next:
            raise OSError("reply %s came to request %d" % (reply["id"], self._next))
        if "error" in reply:
            error = reply["error"]
            raise OracleError(error["code"], error["message"], self.last_request)
        return reply["result"]

    def judge(self, op, args, theirs, **how):
        """The verdict on `theirs`, tensors by the names of the result."""
        return self.ask(op, args, theirs=theirs, **how)["verdict"]

    def check(self, op, args, theirs, **how):
        """Fails, with the request that repeats it, unless the verdict is pass or undecidable."""
        verdict = self.judge(op, args, theirs, **how)
        assert verdict["verdict"] != "fail", "%s\nrepeat with loupe answer: %s" % (
            verdict["first_divergence"],
            self.last_request,
        )
        return verdict

    def close(self):
        self._child.stdin.close()
        self._child.stdout.close()
        return self._child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def tensor(numbers, shape=None, dtype="F32"):
    """A tensor for a request, from a flat list with a shape (else one axis) or a numpy array, whose
    own element type is kept where it is float64, float32 or float16."""
    if hasattr(numbers, "dtype"):
        own = {"float64": "F64", "float32": "F32", "float16": "F16"}.get(str(numbers.dtype))
        shape, dtype, numbers = list(numbers.shape), own or dtype, numbers.reshape(-1).tolist()
    numbers = list(numbers)
    if dtype == "BF16":
        data = b"".join(_bfloat16(x) for x in numbers)
    else:
        data = struct.pack("<%d%s" % (len(numbers), _FORMATS[dtype]), *numbers)
    return {
        "dtype": dtype,
        "shape": list(shape or [len(numbers)]),
        "data": base64.b64encode(data).decode(),
    }


def _bfloat16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    return struct.pack("<H", ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) & 0xFFFF)


def values(tensor):
    """The numbers of a tensor, flat, in row-major order."""
    data = base64.b64decode(tensor["data"])
    if tensor["dtype"] == "BF16":
        shorts = struct.unpack("<%dH" % (len(data) // 2), data)
        return [struct.unpack("<f", struct.pack("<I", s << 16))[0] for s in shorts]
    code = _FORMATS[tensor["dtype"]]
    return list(struct.unpack("<%d%s" % (len(data) // struct.calcsize(code), code), data))


def radius(tensor):
    """How far a correct port may be from each of the values; for replies with a precision."""
    return values({"dtype": "F64", "data": tensor["radius"]})


if __name__ == "__main__":
    with Oracle(*sys.argv[1:]) as oracle:
        print(json.dumps(oracle.hello, indent=2))
