import { afterAll, describe, expect, it } from "vitest";
import { findAddon } from "../../agents/core/tensor/addon.ts";
import { paramCount, type Mlp, type TensorBackend, type TensorBackendId } from "../../agents/core/tensor/backend.ts";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
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
}

const IDS = ["tfjs-node-gpu", "tfjs-wasm"] as const satisfies readonly TensorBackendId[];
const absent = findAddon() === null;

for (const id of IDS) {
  const skipped = id === "tfjs-node-gpu" && absent;
  const name = skipped ? `${id}: run npx myoserve setup tensorflow to test it` : id;
  const backend = skipped ? null : await openTensors({ backend: id });
  describe.skipIf(backend === null)(name, () => {
    if (backend !== null) backendSuite(id, backend);
  });
}
