import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { afterAll, describe, expect, it, vi } from "vitest";
import { findAddon } from "../../agents/core/tensor/addon.ts";
import { paramCount, type Mlp, type TensorBackend, type TensorBackendId } from "../../agents/core/tensor/backend.ts";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
import { fixLibrarySettings, tensorThreads } from "../../agents/core/tensor/library-settings.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { referenceBackward, referenceForward } from "./mlp-reference.ts";

/** Largest deviation against the largest element. */
const TOLERANCE = 1e-5;

const CASES = [
  { sizes: [7, 5, 3], rows: 4, repeats: 3, own: 2 },
  { sizes: [31, 64, 64, 1], rows: 33, repeats: 5, own: 6 },
  { sizes: [403, 256, 256, 160], rows: 16, repeats: 4, own: 80 },
  { sizes: [9, 4], rows: 6, repeats: 2, own: 3 },
  { sizes: [3, 12, 2], rows: 1, repeats: 1, own: 1 },
] as const;

function normals(seed: number, count: number, scale = 1): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => scale * rng.normal());
}

/** Weights of the size that keeps activations near one. */
const paramsOf = (sizes: readonly number[]): Float32Array => normals(1, paramCount(sizes), 1 / Math.sqrt(sizes[0]!));

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = TOLERANCE): void {
  expect(found.length).toBe(wanted.length);
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    scale = Math.max(scale, Math.abs(wanted[i]!));
    worst = Math.max(worst, Math.abs(found[i]! - wanted[i]!));
  }
  expect(scale).toBeGreaterThan(0);
  expect(worst / scale).toBeLessThan(tolerance);
}

/** [S, B, I] out of the columns that all variants share, [B, I - D], and their own, [S, B, D]. */
function joined(shared: Float32Array, own: Float32Array, rows: number, repeats: number): Float32Array {
  const ownColumns = own.length / (rows * repeats);
  const sharedColumns = shared.length / rows;
  const inputs = sharedColumns + ownColumns;
  const x = new Float32Array(rows * repeats * inputs);
  for (let s = 0; s < repeats; s++) {
    for (let b = 0; b < rows; b++) {
      const at = (s * rows + b) * inputs;
      x.set(shared.subarray(b * sharedColumns, (b + 1) * sharedColumns), at);
      x.set(own.subarray((s * rows + b) * ownColumns, (s * rows + b + 1) * ownColumns), at + sharedColumns);
    }
  }
  return x;
}

function backendSuite(id: TensorBackendId, backend: TensorBackend): void {
  const networks: Mlp[] = [];
  const network = (sizes: readonly number[], params = paramsOf(sizes)): Mlp => {
    const made = backend.mlp(sizes, params);
    networks.push(made);
    return made;
  };
  afterAll(() => {
    for (const each of networks) each[Symbol.dispose]();
    expect(backend.numTensors).toBe(0);
    backend[Symbol.dispose]();
  });

  it("says which library it is", () => {
    expect(backend.id).toBe(id);
    expect(backend.threads).toBeGreaterThan(0);
    if (id === "tfjs-wasm") expect(backend.advice).toContain("npx myoserve setup tensorflow");
    else expect(backend.advice).toBeNull();
  });

  describe.each(CASES)("$sizes, $rows rows", ({ sizes, rows, repeats, own }) => {
    const inputs = sizes[0];
    const outputs = sizes.at(-1)!;

    it("computes outputs, gradients and input gradients of plain rows", () => {
      const mlp = network(sizes);
      const x = normals(2, rows * inputs);
      const out = new Float32Array(rows * outputs);
      const pass = referenceForward(sizes, mlp.params, x, rows);
      mlp.forward({ rows, x }, out);
      expectClose(out, pass.out);
      out.fill(0);
      mlp.forward({ rows, x }, out, true);
      expectClose(out, pass.out);
      const outGrad = normals(3, rows * outputs);
      const wanted = referenceBackward(sizes, mlp.params, pass, outGrad, rows);
      const inputGrad = new Float32Array(rows * inputs);
      x.fill(0); // the caller's again
      mlp.backward(outGrad, inputGrad);
      expectClose(mlp.grads, wanted.grads);
      expectClose(inputGrad, wanted.inputGrad);
    });

    it("computes the same of repeated rows as of the rows written out", () => {
      const mlp = network(sizes);
      const shared = normals(4, rows * (inputs - own));
      const variants = normals(5, repeats * rows * own);
      const x = joined(shared, variants, rows, repeats);
      const all = rows * repeats;
      const out = new Float32Array(all * outputs);
      const pass = referenceForward(sizes, mlp.params, x, all);
      mlp.forward({ rows, repeats, shared, own: variants }, out);
      expectClose(out, pass.out);
      mlp.forward({ rows, repeats, shared, own: variants }, out, true);
      const outGrad = normals(6, all * outputs);
      const wanted = referenceBackward(sizes, mlp.params, pass, outGrad, all);
      const inputGrad = new Float32Array(all * own);
      mlp.backward(outGrad, inputGrad);
      expectClose(mlp.grads, wanted.grads);
      const ownGrad = Float64Array.from({ length: all * own }, (_, i) => {
        return wanted.inputGrad[Math.floor(i / own) * inputs + inputs - own + (i % own)]!;
      });
      expectClose(inputGrad, ownGrad);
    });
  });

  it("has the slope of the loss as its gradient", () => {
    // Slopes of the double-precision reference: differences of f32 losses are too coarse.
    const sizes = [5, 8, 8, 2];
    const rows = 3;
    const mlp = network(sizes);
    const x = normals(7, rows * 5);
    const outGrad = normals(8, rows * 2);
    const loss = (params: ArrayLike<number>): number =>
      referenceForward(sizes, params, x, rows).out.reduce((sum, value, i) => sum + value * outGrad[i]!, 0);
    mlp.forward({ rows, x }, new Float32Array(rows * 2), true);
    mlp.backward(outGrad);
    const step = 1e-6;
    const slopes = Float64Array.from(mlp.params, (_, i) => {
      const moved = Float64Array.from(mlp.params);
      moved[i]! += step;
      const above = loss(moved);
      moved[i]! -= 2 * step;
      return (above - loss(moved)) / (2 * step);
    });
    expectClose(mlp.grads, slopes, 1e-4);
  });

  it("computes with parameters that were written, after a touch", () => {
    for (const rows of [1, 40]) {
      const mlp = network([20, 64, 3]);
      const x = normals(9, rows * 20);
      const [before, after] = [0, 1].map(() => new Float32Array(rows * 3));
      mlp.forward({ rows, x }, before!);
      for (let i = 0; i < mlp.params.length; i++) mlp.params[i]! *= 0.5;
      mlp.touch();
      mlp.forward({ rows, x }, after!);
      expectClose(after!, referenceForward([20, 64, 3], mlp.params, x, rows).out);
      expect(after).not.toEqual(before);
    }
  });

  it("keeps a pass over others until its gradients are taken, once, or the parameters change", () => {
    const mlp = network([4, 6, 2]);
    const out = new Float32Array(4);
    const x = normals(10, 8);
    const outGrad = normals(11, 4);
    const wanted = referenceBackward([4, 6, 2], mlp.params, referenceForward([4, 6, 2], mlp.params, x, 2), outGrad, 2);
    mlp.forward({ rows: 2, x }, out, true);
    mlp.forward({ rows: 2, x: normals(12, 8) }, out);
    mlp.backward(outGrad);
    expectClose(mlp.grads, wanted.grads);
    expect(() => mlp.backward(outGrad)).toThrow(/needs a forward pass with keep/);
    mlp.forward({ rows: 2, x }, out, true);
    mlp.touch();
    expect(() => mlp.backward(outGrad)).toThrow(/needs a forward pass with keep after the last touch/);
  });

  it("refuses what does not fit", () => {
    const mlp = network([4, 6, 2]);
    const out = new Float32Array(4);
    expect(() => mlp.forward({ rows: 2, x: new Float32Array(7) }, out)).toThrow(/x has 7 elements and must have 8/);
    expect(() => mlp.forward({ rows: 2, x: new Float32Array(8) }, new Float32Array(3))).toThrow(/out has 3 elements/);
    const repeated = { rows: 1, repeats: 2, own: new Float32Array(2), shared: new Float32Array(2) };
    expect(() => mlp.forward(repeated, out)).toThrow(/shared has 2 elements and must have 3/);
    expect(() => mlp.forward({ ...repeated, own: new Float32Array(3) }, out)).toThrow(/own has 3 elements/);
    mlp.forward({ rows: 2, x: new Float32Array(8) }, out, true);
    expect(() => mlp.backward(new Float32Array(3))).toThrow(/outGrad has 3 elements and must have 4/);
    expect(() => mlp.backward(out, new Float32Array(3))).toThrow(/inputGrad has 3 elements and must have 8/);
    expect(() => backend.mlp([4, 6, 2], new Float32Array(3))).toThrow(/params has 3 elements and must have 44/);
    expect(() => backend.mlp([4], new Float32Array(0))).toThrow(/two or more positive integers/);
    expect(() => backend.mlp([4, 0, 2], new Float32Array(2))).toThrow(/two or more positive integers/);
    const gone = backend.mlp([1, 1], new Float32Array(2));
    gone[Symbol.dispose]();
    expect(() => gone.touch()).toThrow(/was disposed/);
  });

  it("holds as many tensors after 300 updates as after one", () => {
    const mlp = network([12, 32, 32, 2]);
    const [x, out, inputGrad] = [normals(13, 40 * 12), new Float32Array(80), new Float32Array(40 * 12)];
    const [shared, own] = [normals(14, 10 * 9), normals(15, 4 * 10 * 3)];
    const ownGrad = new Float32Array(own.length);
    const update = (): void => {
      mlp.forward({ rows: 40, x }, out, true);
      mlp.backward(out, inputGrad);
      mlp.forward({ rows: 10, repeats: 4, shared, own }, out, true);
      mlp.backward(out, ownGrad);
      mlp.forward({ rows: 10, repeats: 4, shared, own }, out);
      mlp.forward({ rows: 1, x: x.subarray(0, 12) }, out.subarray(0, 2));
      mlp.forward({ rows: 40, x }, out, true);
      mlp.params[0]! += 0.01;
      mlp.touch();
    };
    update();
    const before = backend.numTensors;
    for (let i = 0; i < 300; i++) update();
    expect(backend.numTensors).toBe(before);
  });

  it("repeats itself bit for bit", () => {
    const run = (): Float32Array => {
      const mlp = network([31, 64, 5]);
      const out = new Float32Array(64 * 5);
      mlp.forward({ rows: 64, x: normals(16, 64 * 31) }, out, true);
      mlp.backward(out);
      return mlp.grads;
    };
    expect(run()).toEqual(run());
  });
}

const IDS = ["tfjs-node-gpu", "tfjs-wasm"] as const satisfies readonly TensorBackendId[];
const absent = findAddon() === null;

describe("openTensors", () => {
  it("opens tfjs in WebAssembly where the addon is absent, and says how to get it", async () => {
    const env = { MYOSERVE_CACHE: "/nowhere" };
    using backend = await openTensors({ env });
    expect(backend.id).toBe("tfjs-wasm");
    expect(backend.advice).toMatch(/not set up; run: npx myoserve setup tensorflow$/);
    await expect(openTensors({ env, backend: "tfjs-node-gpu" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(/run: npx myoserve setup tensorflow$/) as string,
    });
  });

  it("leaves the process's handling of errors as it was", async () => {
    const counts = (): number[] =>
      ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
    const before = counts();
    using backend = await openTensors({ backend: "tfjs-wasm" });
    expect(backend.threads).toBe(1);
    expect(counts()).toEqual(before);
  });

  it("takes the number of threads from MYOSERVE_TENSOR_THREADS, a positive integer", () => {
    expect(tensorThreads({})).toBe(availableParallelism());
    expect(tensorThreads({ MYOSERVE_TENSOR_THREADS: "3" })).toBe(3);
    for (const wrong of ["0", "-1", "1.5", "all"]) {
      expect(() => tensorThreads({ MYOSERVE_TENSOR_THREADS: wrong })).toThrow(
        `MYOSERVE_TENSOR_THREADS is a positive integer, not "${wrong}"; set it so or leave it out.`,
      );
    }
  });

  it("fixes what the library reads, but nothing that the environment says already", () => {
    const names = [
      "TF_NUM_INTRAOP_THREADS",
      "NVIDIA_TF32_OVERRIDE",
      "TF_DETERMINISTIC_OPS",
      "TF_FORCE_GPU_ALLOW_GROWTH",
    ];
    for (const name of names) vi.stubEnv(name, undefined);
    vi.stubEnv("NVIDIA_TF32_OVERRIDE", "1");
    try {
      expect(fixLibrarySettings(6)).toBe(3);
      expect(names.map((name) => process.env[name])).toEqual(["3", "1", "1", "true"]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("needs the small networks' loops to agree with the library", async () => {
    using backend = await openTensors({ backend: "tfjs-wasm" });
    const sizes = [6, 10, 4];
    using mlp = backend.mlp(sizes, paramsOf(sizes));
    const rows = 7;
    const x = normals(17, rows * 6);
    const [loops, library] = [new Float32Array(rows * 4), new Float32Array(rows * 4)];
    mlp.forward({ rows, x }, loops);
    mlp.forward({ rows, x }, library, true);
    expectClose(loops, library, 1e-6);
  });
});

const REASON = "skipped: run npx myoserve setup tensorflow to test it";

for (const id of IDS) {
  if (id === "tfjs-node-gpu" && absent) {
    it.skip(`${id} (${REASON})`);
    continue;
  }
  const backend = await openTensors({ backend: id });
  describe(id, () => backendSuite(id, backend));
}

/** Loads the addon in workers that come and go, none in the main thread. */
const WORKERS_SCRIPT = `
const { Worker } = require("node:worker_threads");
const work = \`
  const tf = require(require("node:worker_threads").workerData);
  const relu = [{ name: "T", type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT }];
  const [{ id }] = tf.executeOp("Relu", relu, [tf.createTensor([2], tf.TF_FLOAT, new Float32Array([-1, 3]))], 1);
  if (tf.tensorDataSync(id).join() !== "0,3") throw new Error("wrong");
\`;
const one = () => new Promise((resolve) => new Worker(work, { eval: true, workerData: process.argv[1] }).on("exit", resolve));
Promise.all([one(), one()]).then(one).then((code) => console.log("last", code));
`;

describe.skipIf(absent)(absent ? `the addon (${REASON})` : "the addon", () => {
  it("comes and goes with workers, without a word", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", WORKERS_SCRIPT, findAddon() ?? ""], {
      encoding: "utf8",
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "last 0\n", stderr: "" });
  });
});
