/** The client against the oracle that LOUPE_COMMAND names. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Oracle, OracleError, radius, tensor, values } from "./oracle.js";
import { models, nearThresholds, tensors, tokens } from "./strategies.js";

let oracle: Oracle;

before(() => {
  const [program, ...args] = process.env.LOUPE_COMMAND!.split(/\s+/);
  oracle = new Oracle(program, ...args);
});

after(async () => assert.equal(await oracle.close(), 0));

test("values come with bounds, errors with codes", async () => {
  const { y } = await oracle.ask("softcap", { x: tensor([100]), cap: 50 }, { precision: "bf16" });
  assert.ok(Math.abs(values(y)[0] - 50 * Math.tanh(2)) < 1e-12);
  assert.ok(radius(y)[0] > 0 && radius(y)[0] < 1);
  await assert.rejects(oracle.ask("none"), (e: OracleError) => e.code === "unknown_operation");
});

test("many questions may be on their way at once", async () => {
  const asked = Array.from({ length: 50 }, (_, i) => oracle.ask("gelu_tanh", { x: tensor([i]) }));
  const replies = await Promise.all(asked);
  replies.forEach((reply, i) => assert.ok(Math.abs(values(reply.y)[0] - i) <= 0.2));
});

test("a port in float32 passes, and a wrong one fails", async () => {
  const shape = [2, 3];
  const inputs = fc.record({ x: tensors(shape), branch: tensors(shape) });
  await fc.assert(
    fc.asyncProperty(inputs, async (args) => {
      const branch = values(args.branch);
      const sum = values(args.x).map((x, i) => Math.fround(x + branch[i]));
      await oracle.check("residual_add", args, { y: tensor(sum, shape) });
      const wrong = sum.map((s) => s + 1);
      const verdict = await oracle.judge("residual_add", args, { y: tensor(wrong, shape) });
      assert.equal(verdict.verdict, "fail");
    }),
    { numRuns: 40 },
  );
});

test("whole models in float32 are inside the bounds", async () => {
  const cases = models().chain((model) => fc.tuple(fc.constant(model), tokens(model)));
  await fc.assert(
    fc.asyncProperty(cases, async ([model, ids]) => {
      const args = { model, tokens: ids };
      const how = { arithmetic: "float32" };
      const { tensors } = await oracle.ask("forward", { ...args, hooks: ["*"] }, how);
      await oracle.check("forward", args, tensors);
    }),
    { numRuns: 30 },
  );
});

test("a threshold is strict", async () => {
  await fc.assert(
    fc.asyncProperty(nearThresholds(2, 3), async (args) => {
      const limits = values(args.threshold);
      const port = values(args.pre).map((u, i) => (u > limits[i % 3] ? u : 0));
      assert.deepEqual(values((await oracle.ask("sae_jumprelu", args)).features), port);
    }),
    { numRuns: 30 },
  );
});
