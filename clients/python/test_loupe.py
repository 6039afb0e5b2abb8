"""Tests of the client against the oracle that LOUPE_COMMAND names. Plain Python 3; what needs
Hypothesis or jsonschema is skipped, and says so, where they are not installed."""

import json
import math
import struct
import subprocess
import shlex
import os
import unittest

from loupe_oracle import Oracle, OracleError, radius, tensor, values

try:
    from hypothesis import HealthCheck, given, settings, strategies as st

    from loupe_strategies import models, near_thresholds, tensors, tokens
except ImportError:
    given = None


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def rms_norm(x, weight, eps, offset=1.0):
    """A port of one operation, in float32 where it matters."""
    width = len(weight)
    out = []
    for row in range(len(x) // width):
        part = x[row * width : (row + 1) * width]
        scale = f32(1 / math.sqrt(f32(math.fsum(v * v for v in part) / width) + eps))
        out += [f32(f32(v * scale) * f32(offset + w)) for v, w in zip(part, weight)]
    return out


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.oracle = Oracle()

    @classmethod
    def tearDownClass(cls):
        assert cls.oracle.close() == 0

    def test_hello_says_what_there_is(self):
        self.assertEqual(1, self.oracle.hello["protocol"])
        self.assertIn("forward", self.oracle.hello["operations"])

    def test_values_come_with_bounds(self):
        y = self.oracle.ask("softcap", {"x": tensor([100.0]), "cap": 50}, precision="bf16")["y"]
        self.assertAlmostEqual(50 * math.tanh(2), values(y)[0], delta=1e-12)
        self.assertTrue(0 < radius(y)[0] < 1)

    def test_a_port_is_judged(self):
        x, w = [1.0, -2.0, 0.5, 3.0], [0.25, -0.5]
        args = {"x": tensor(x, [2, 2]), "weight": tensor(w), "eps": 1e-6}
        self.oracle.check("rms_norm", args, {"y": tensor(rms_norm(x, w, 1e-6), [2, 2])})
        wrong = {"y": tensor(rms_norm(x, w, 1e-6, offset=0.0), [2, 2])}
        self.assertEqual("fail", self.oracle.judge("rms_norm", args, wrong)["verdict"])

    def test_every_element_type_survives(self):
        for dtype in self.oracle.hello["dtypes"]:
            y = self.oracle.ask("residual_add", {"x": tensor([0.5, -3], None, dtype), "branch": tensor([0, 0])})["y"]
            self.assertEqual([0.5, -3.0], values(y))

    def test_errors_have_codes(self):
        with self.assertRaises(OracleError) as caught:
            self.oracle.ask("softcap", {"x": tensor([1.0]), "cap": -1})
        self.assertEqual("invalid_argument", caught.exception.code)

    def test_a_failed_request_is_repeated_by_answer(self):
        self.oracle.judge("softcap", {"x": tensor([1.0]), "cap": 2}, {"y": tensor([5.0])})
        command = shlex.split(os.environ["LOUPE_COMMAND"].replace("serve --stdio", "answer"))
        run = subprocess.run(command, input=self.oracle.last_request, capture_output=True, encoding="utf-8")
        self.assertEqual(1, run.returncode, run.stderr)

    @unittest.skipUnless(given, "Hypothesis is not installed")
    def test_random_norms(self):
        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def check(data):
            rows, width = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 9))
            x, w = data.draw(tensors(rows, width)), data.draw(tensors(width, size=2.0))
            port = rms_norm(values(x), values(w), 1e-6)
            args = {"x": x, "weight": w, "eps": 1e-6}
            self.oracle.check("rms_norm", args, {"y": tensor(port, [rows, width])})

        check()

    @unittest.skipUnless(given, "Hypothesis is not installed")
    def test_random_models_in_float32_are_inside_the_bounds_of_float64(self):
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(models().flatmap(lambda m: st.tuples(st.just(m), tokens(m))))
        def check(case):
            args = {"model": case[0], "tokens": case[1]}
            hooks = dict(args, hooks=["*"])
            theirs = self.oracle.ask("forward", hooks, arithmetic="float32")["tensors"]
            self.oracle.check("forward", args, theirs)

        check()

    @unittest.skipUnless(given, "Hypothesis is not installed")
    def test_a_threshold_is_strict(self):
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(near_thresholds(2, 3))
        def check(args):
            features = values(self.oracle.ask("sae_jumprelu", args)["features"])
            limits = values(args["threshold"]) * 2
            port = [u if u > t else 0.0 for u, t in zip(values(args["pre"]), limits)]
            self.assertEqual(port, features)

        check()

    def test_the_schema_is_one_that_others_understand(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not installed")
        command = shlex.split(os.environ["LOUPE_COMMAND"].replace("serve --stdio", "answer --schema"))
        schema = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        self.oracle.ask("softcap", {"x": tensor([1.0]), "cap": 2})
        validator.validate(json.loads(self.oracle.last_request))
        self.assertFalse(validator.is_valid({"id": 1, "op": "softcap", "args": {"cap": 2}}))


if __name__ == "__main__":
    unittest.main()
