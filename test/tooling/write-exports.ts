/** Files that other programs' readers are tried on: `node dist/test/tooling/write-exports.js <folder>`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePolicy } from "../../agents/core/policy-file.ts";
import { policyToOnnx } from "../../agents/core/policy-onnx.ts";
import { MetricsWriter } from "../../server/training/metrics-writer.ts";
import { bestAction, somePolicy } from "../agents/policy-support.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Name the folder to write into.");

const policy = somePolicy();
await writePolicy(folder, policy);
writeFileSync(join(folder, "policy.onnx"), policyToOnnx(policy));
const obs = [Float32Array.of(0.1, -1, 2, 0, 1), Float32Array.of(-3, 4, 0.5, 0.01, -2), new Float32Array(5)];
const cases = obs.map((row) => ({ obs: [...row], action: bestAction(policy, row) }));
writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));

// A run that is killed after step 300 and resumed from its checkpoint at 200.
const first = await MetricsWriter.open(folder, { resumeAt: 0 });
for (const step of [100, 200, 300]) await first.write(step, { "train/loss": step / 1000 });
const second = await MetricsWriter.open(folder, { resumeAt: 200 });
for (const step of [300, 400]) await second.write(step, { "train/loss": step, "test/return": NaN });
