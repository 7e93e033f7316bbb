import type { PolicyExport } from "../../protocol/agent.ts";
import type { Buffers, EnvSpec, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { layoutOf, type SpaceLayout } from "../../protocol/spaces.ts";
import { ObsVector } from "../../agents/core/obs-vector.ts";
import { SmallForward } from "../../agents/core/tensor/small-forward.ts";

/*
 * Axes: R rows, F elements of the environment's observation, O of them that the policy sees, A actions.
 */

const KIND = "gaussian-mlp";

const buffersOf = (layout: SpaceLayout): [string, number][] => layout.buffers.map(({ dtype, size }) => [dtype, size]);

/** What must be equal for a policy to be of use: sizes and dtypes on both sides. */
function assertFits({ meta }: PolicyExport, spec: EnvSpec): void {
  if (meta["kind"] !== KIND) {
    throw new MyoError(
      "BAD_OPTIONS",
      `A policy to play is of kind ${KIND}, but ${JSON.stringify(meta["kind"])} came; export it anew.`,
    );
  }
  for (const [what, key, space] of [
    ["observation", "obs_buffers", spec.obs_space],
    ["action", "act_buffers", spec.act_space],
  ] as const) {
    const has = JSON.stringify(buffersOf(layoutOf(space)));
    const wants = JSON.stringify(meta[key]);
    if (has === wants) continue;
    throw new MyoError(
      "BAD_OPTIONS",
      `The policy's ${what} is ${wants}, but that of ${spec.id} is ${has}; play it on the environment it was trained on, with the same kwargs.`,
    );
  }
}

/** Layers of the export as one flat array, by layer W [in, out], then b [out]. */
function paramsOf({ arrays }: PolicyExport, layers: number): Float32Array {
  const parts = Array.from({ length: layers }, (_, layer) => [`w${layer}`, `b${layer}`]).flat();
  const data = parts.map((name) => arrayOf(arrays, name));
  const params = new Float32Array(data.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of data) {
    params.set(part, at);
    at += part.length;
  }
  return params;
}

function arrayOf(arrays: PolicyExport["arrays"], name: string): Float32Array {
  const data = arrays[name]?.data;
  if (data !== undefined) return data;
  throw new MyoError("BAD_OPTIONS", `The policy has no array ${name}; export it anew.`);
}

const numbersOf = (meta: JsonObject, key: string): number[] | null => meta[key] as number[] | null;

/** Best actions of an exported policy for any number of rows; `exportPolicy` says what happens to its outputs. */
export class PolicyPlayer {
  readonly #vector: ObsVector;
  readonly #columns: readonly number[] | null;
  readonly #sizes: readonly number[];
  readonly #params: Float32Array;
  readonly #forward: SmallForward;
  readonly #arrays: PolicyExport["arrays"];
  readonly #double: boolean;

  /** @throws MyoError BAD_OPTIONS where the policy is of another kind or of other spaces. */
  constructor(policy: PolicyExport, spec: EnvSpec) {
    assertFits(policy, spec);
    this.#vector = new ObsVector(layoutOf(spec.obs_space));
    this.#columns = numbersOf(policy.meta, "obs_columns");
    this.#sizes = numbersOf(policy.meta, "sizes") ?? [];
    this.#params = paramsOf(policy, this.#sizes.length - 1);
    this.#forward = new SmallForward(this.#sizes);
    this.#arrays = policy.arrays;
    this.#double = layoutOf(spec.act_space).buffers[0]?.dtype === "<f8";
  }

  /** @param obs buffers [R, size] @returns [R, A], owned by the caller */
  act(obs: Buffers): Buffers {
    const x = this.#input(obs);
    const inputs = this.#sizes[0] ?? 1;
    const outputs = this.#sizes.at(-1) ?? 1;
    const rows = x.length / inputs;
    const out = new Float32Array(rows * outputs);
    this.#forward.run(this.#params, x, rows, out);
    return [this.#scaled(out, rows, outputs)];
  }

  /** [R, O] normalised */
  #input(obs: Buffers): Float32Array {
    const width = this.#vector.size;
    const rows = (obs[0]?.length ?? 0) / (obs.length === 1 ? width : 1);
    const full = new Float32Array(rows * width);
    this.#vector.read(obs, full);
    const size = this.#sizes[0] ?? 0;
    const mean = arrayOf(this.#arrays, "obs_mean");
    const std = arrayOf(this.#arrays, "obs_std");
    const x = new Float32Array(rows * size);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < size; i++) {
        const value = full[row * width + (this.#columns?.[i] ?? i)] ?? 0;
        x[row * size + i] = (value - (mean[i] ?? 0)) / (std[i] ?? 1);
      }
    }
    return x;
  }

  #scaled(out: Float32Array, rows: number, outputs: number): Float32Array | Float64Array {
    const [middle, half, low, high] = ["middle", "half", "low", "high"].map((part) =>
      arrayOf(this.#arrays, `action_${part}`),
    );
    const size = middle?.length ?? 0;
    const action = this.#double ? new Float64Array(rows * size) : new Float32Array(rows * size);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < size; i++) {
        const value = (middle?.[i] ?? 0) + (half?.[i] ?? 0) * Math.tanh(out[row * outputs + i] ?? 0);
        action[row * size + i] = Math.min(Math.max(value, low?.[i] ?? 0), high?.[i] ?? 0);
      }
    }
    return action;
  }
}
