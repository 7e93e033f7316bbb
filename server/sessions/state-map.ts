import type { RowState } from "../../protocol/env.ts";
import { toNdArray, type NdArray } from "../../protocol/ndarray.ts";

const list = (values: Float64Array): NdArray => toNdArray("<f8", [values.length], values);

/** A row's state as it travels. */
export function stateMap({ time, qpos, qvel, act, obs, terms }: RowState) {
  const groups = Object.entries(obs).map(([name, { shape, values }]) => [name, toNdArray("<f4", shape, values)]);
  return {
    time,
    qpos: list(qpos),
    qvel: list(qvel),
    act: list(act),
    obs: Object.fromEntries(groups) as Record<string, NdArray>,
    terms,
  };
}
