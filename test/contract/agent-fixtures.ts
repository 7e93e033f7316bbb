import type { AgentContext } from "../../protocol/agent.ts";
import type { Buffers } from "../../protocol/env.ts";
import { elementCount, fromNdArray, toNdArray, type NumericArray } from "../../protocol/ndarray.ts";
import { layoutOf, type BoxSpace, type Space } from "../../protocol/spaces.ts";
import { placedSpaces } from "../../agents/core/spaces.ts";

/** Muscles of the body that agents are tried on. */
export const MUSCLES = 6;
/** Joint angles ahead of the group `muscle`, which `act` follows. */
const JOINTS = 5;
const MUSCLE_ROWS = 4;
const OBS_SIZE = JOINTS + (MUSCLE_ROWS + 1) * MUSCLES;

export function floatBox(low: readonly number[], high: readonly number[], dtype: "<f4" | "<f8" = "<f4"): BoxSpace {
  const make = dtype === "<f4" ? Float32Array : Float64Array;
  const bound = (values: readonly number[]) => toNdArray(dtype, [values.length], new make(values));
  return { type: "box", dtype, shape: [low.length], low: bound(low), high: bound(high) };
}

const byteBox: BoxSpace = {
  type: "box",
  dtype: "|u1",
  shape: [2, 2],
  low: toNdArray("|u1", [1], Uint8Array.of(3)),
  high: toNdArray("|u1", [1], Uint8Array.of(9)),
};

/** Muscles of different ranges, so that a mix-up of rows or columns shows. */
export const MUSCLE_ACTION = floatBox([0, 0, 0, -1, -1, -2], [1, 1, 1, 1, 1, 3]);

/** Every kind of action an environment may have. */
export const ACTION_SPACES: readonly (readonly [string, Space])[] = [
  ["muscles", MUSCLE_ACTION],
  ["box of f8", floatBox([-1, 0, 2, 0, 0, 0], [1, 0, 5, 1, 1, 1], "<f8")],
  ["box with open ends", floatBox([-Infinity, 1, -Infinity, 0, 0, 0], [Infinity, Infinity, -2, 1, 1, 1])],
  ["box of bytes", byteBox],
  ["discrete from 3", { type: "discrete", n: 4, start: 3 }],
  ["discrete below zero", { type: "discrete", n: 2, start: -5 }],
  ["multi-discrete", { type: "multi_discrete", nvec: [2, 7, 1] }],
  ["multi-binary", { type: "multi_binary", shape: [2, 3] }],
  [
    "nested",
    {
      type: "dict",
      spaces: [
        ["arm", floatBox([-1, -1], [1, 1])],
        ["grip", { type: "tuple", spaces: [{ type: "discrete", n: 3, start: 0 }, byteBox] }],
        ["leg", floatBox([0], [1])],
      ],
    },
  ],
];

const muscleNames = Array.from({ length: MUSCLES }, (_, i) => `muscle${i}`);

export function contextOf(numEnvs: number, seed: number, actSpace: Space = MUSCLE_ACTION): AgentContext {
  const unbounded = Array.from({ length: OBS_SIZE }, () => Infinity);
  return {
    numEnvs,
    seed,
    spec: {
      obs_space: floatBox(
        unbounded.map((value) => -value),
        unbounded,
      ),
      act_space: actSpace,
      obs_keys: {
        qpos: { shape: [JOINTS], offset: 0, unit: "rad", names: [] },
        muscle: { shape: [MUSCLE_ROWS, MUSCLES], offset: JOINTS, unit: "m, m/s, N, 1", names: muscleNames },
        act: { shape: [MUSCLES], offset: JOINTS + MUSCLE_ROWS * MUSCLES, unit: "1", names: muscleNames },
      },
      dt: 0.01,
      actuators: muscleNames,
    },
  };
}

/** Observation [N, O] of a body in motion; a row's motion depends on its `identity` alone. */
export function obsAt(step: number, identities: readonly number[]): Buffers {
  const obs = new Float32Array(identities.length * OBS_SIZE);
  identities.forEach((identity, row) => {
    for (let i = 0; i < OBS_SIZE; i++) {
      const phase = step * (0.11 + 0.013 * i) + 1.7 * identity;
      obs[row * OBS_SIZE + i] = 0.3 * Math.sin(phase + i) + 0.1 * Math.sin(3.1 * phase);
    }
  });
  return [obs];
}

function leafContains(space: ReturnType<typeof placedSpaces>[number]["space"], values: readonly number[]): boolean {
  const integers = values.every((value) => Number.isInteger(value));
  switch (space.type) {
    case "box": {
      const low = fromNdArray(space.low);
      const high = fromNdArray(space.high);
      const at = (bound: NumericArray, i: number): number => Number(bound[bound.length === 1 ? 0 : i]);
      return values.every((value, i) => value >= at(low, i) && value <= at(high, i));
    }
    case "discrete":
      return integers && values.every((value) => value >= space.start && value < space.start + space.n);
    case "multi_discrete":
      return integers && values.every((value, i) => value >= 0 && value < space.nvec[i]!);
    case "multi_binary":
      return values.every((value) => value === 0 || value === 1);
  }
}

/** Null, or what is wrong with a batch of actions. */
export function violation(space: Space, action: Buffers, numEnvs: number): string | null {
  const { buffers } = layoutOf(space);
  if (action.length !== buffers.length) return `${action.length} buffers for ${buffers.length}`;
  for (const [b, { size }] of buffers.entries()) {
    if (action[b]!.length !== numEnvs * size) return `buffer ${b} holds ${action[b]!.length}`;
  }
  for (let row = 0; row < numEnvs; row++) {
    for (const { leaf, space: child } of placedSpaces(space)) {
      const at = row * buffers[leaf.buffer]!.size + leaf.offset;
      const values = Array.from(action[leaf.buffer]!.slice(at, at + elementCount(leaf.shape)), Number);
      if (!leafContains(child, values)) return `row ${row}, ${child.type} ${leaf.path.join(".")}: ${values.join(", ")}`;
    }
  }
  return null;
}
