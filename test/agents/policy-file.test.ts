import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readPolicy, writePolicy } from "../../agents/core/policy-file.ts";
import { policyToOnnx } from "../../agents/core/policy-onnx.ts";
import { integerField } from "../../agents/core/protobuf.ts";
import { all, floatsOf, messages, only, textOf } from "./protobuf-reader.ts";
import { bestAction, somePolicy } from "./policy-support.ts";

const root = mkdtempSync(join(tmpdir(), "myoserve-policy-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("policy.json and policy.bin", () => {
  it("come back as they were written, and replace older ones", async () => {
    const folder = mkdtempSync(join(root, "case-"));
    const policy = somePolicy();
    await writePolicy(folder, { ...policy, meta: {} });
    await writePolicy(folder, policy);
    expect(await readPolicy(folder)).toEqual(policy);
    expect(readdirSync(folder).toSorted()).toEqual(["policy.bin", "policy.json"]);
  });

  it("hold plain little-endian floats at the offsets of the description", async () => {
    const folder = mkdtempSync(join(root, "case-"));
    await writePolicy(folder, {
      meta: {},
      arrays: { a: { shape: [1], data: Float32Array.of(1) }, b: { shape: [2, 1], data: Float32Array.of(2, -3) } },
    });
    const { arrays } = JSON.parse(readFileSync(join(folder, "policy.json"), "utf8")) as { arrays: unknown };
    expect(arrays).toEqual([
      { name: "a", shape: [1], offset: 0 },
      { name: "b", shape: [2, 1], offset: 4 },
    ]);
    const data = readFileSync(join(folder, "policy.bin"));
    expect([0, 4, 8].map((at) => data.readFloatLE(at))).toEqual([1, 2, -3]);
  });

  it("are refused in one sentence where they are damaged, missing or of another format", async () => {
    const folder = mkdtempSync(join(root, "case-"));
    await expect(readPolicy(folder)).rejects.toThrow(/^There is no \S+policy.json; name a folder/);
    await writePolicy(folder, somePolicy());
    const [json, bin] = [join(folder, "policy.json"), join(folder, "policy.bin")];
    const [description, data] = [readFileSync(json, "utf8"), readFileSync(bin)];
    for (const changed of [data.subarray(4), Buffer.concat([data, data]), Buffer.from(data).fill(1, 40, 41)]) {
      writeFileSync(bin, changed);
      await expect(readPolicy(folder)).rejects.toThrow(
        /policy.bin is not the file it describes; copy both together\.$/,
      );
    }
    writeFileSync(bin, data);
    const forged = [
      description.replace(/"offset": 20\b/, '"offset": 99999'),
      description.replace("myoserve-policy", "pickle"),
      description.replace('"version": 1', '"version": 2'),
      "[]",
      "{",
    ];
    for (const text of forged) {
      writeFileSync(json, text);
      await expect(readPolicy(folder)).rejects.toMatchObject({ code: "BAD_OPTIONS" });
    }
    writeFileSync(json, description);
    expect(await readPolicy(folder)).toEqual(somePolicy());
  });
});

/** A chain of ONNX nodes run on one row, as the operators are defined. */
function run(model: Uint8Array, obs: Float32Array): number[] {
  const graph = only(model, 7);
  const tensors = new Map(
    messages(graph, 5).map((tensor) => [
      textOf(only(tensor, 8)),
      { dims: [...only(tensor, 1)], data: floatsOf(only(tensor, 9)) },
    ]),
  );
  const values = new Map<string, number[]>([["obs", [...obs]]]);
  for (const node of messages(graph, 1)) {
    const [input, ...names] = messages(node, 1).map(textOf);
    const x = values.get(input!)!;
    const [a, b] = names.map((name) => tensors.get(name)!);
    const each = (f: (value: number, constant: number) => number): number[] =>
      x.map((value, i) => f(value, a!.data[i]!));
    const operators: Record<string, () => number[]> = {
      Sub: () => each((value, constant) => value - constant),
      Div: () => each((value, constant) => value / constant),
      Mul: () => each((value, constant) => value * constant),
      Add: () => each((value, constant) => value + constant),
      Max: () => each(Math.max),
      Min: () => each(Math.min),
      Relu: () => x.map((value) => Math.max(0, value)),
      Tanh: () => x.map(Math.tanh),
      Gemm: () =>
        [...b!.data].map((bias, j) => x.reduce((sum, value, i) => sum + value * a!.data[i * a!.dims[1]! + j]!, bias)),
    };
    values.set(textOf(only(node, 2)), operators[textOf(only(node, 4))]!());
  }
  return values.get("action")!;
}

describe("ONNX", () => {
  const policy = somePolicy();
  const model = policyToOnnx(policy);

  it("parsed back, its operators give the policy's best action", () => {
    for (const obs of [Float32Array.of(0.1, -1, 2, 0, 1), Float32Array.of(-3, 4, 0.5, 0.01, -2), new Float32Array(5)]) {
      const [found, wanted] = [run(model, obs), bestAction(policy, obs)];
      expect(found).toHaveLength(3);
      found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
    }
  });

  it("states opset 13, free rows, and the policy's description", () => {
    expect(all(only(model, 8), 2)).toEqual([13]);
    const [input, output] = [only(only(model, 7), 11), only(only(model, 7), 12)];
    for (const [value, name, width] of [
      [input, "obs", 5],
      [output, "action", 3],
    ] as const) {
      const [batch, columns] = messages(only(only(only(value, 2), 1), 2), 1);
      expect([textOf(only(value, 1)), textOf(only(batch!, 2)), all(columns!, 1)]).toEqual([name, "batch", [width]]);
    }
    expect(JSON.parse(textOf(only(only(model, 14), 2)))).toEqual(policy.meta);
  });

  it("refuses what it cannot express", () => {
    expect(() => policyToOnnx({ ...policy, meta: { kind: "table" } })).toThrow(/kind gaussian-mlp, this is "table"/);
    const { w1, ...arrays } = policy.arrays;
    expect(w1).toBeDefined();
    expect(() => policyToOnnx({ ...policy, arrays })).toThrow(/has no array w1/);
  });
});

describe("protobuf", () => {
  it("integers are base-128, least significant group first", () => {
    expect([...integerField(1, 150)]).toEqual([0x08, 0x96, 0x01]);
    expect([...integerField(14, 0)]).toEqual([0x70, 0]);
    expect(all(integerField(20, 2 ** 53 - 1), 20)).toEqual([2 ** 53 - 1]);
    expect(() => integerField(1, -1)).toThrow(/\[0, 2\^53\), got -1/);
  });
});
