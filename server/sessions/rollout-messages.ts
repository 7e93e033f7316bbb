import type { EnvSpec } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { elementCount, toNdArray, type NdArray, type NumericArray } from "../../protocol/ndarray.ts";
import type { RolloutPart } from "../../protocol/schema/env-messages.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import { flagBits, rolloutErrors, rolloutShape } from "../vector/rollout.ts";
import { rolloutBytes, type RolloutShape, type RolloutSlab } from "../workers/rollout-slab.ts";
import { TERMINATED, TRUNCATED } from "../workers/slab.ts";
import type { ActionCheck } from "./check-action.ts";

const MEBIBYTE = 1024 * 1024;
/** Actions and results of one rollout. */
const MAX_BYTES = 64 * MEBIBYTE;
const DEFAULT_PARTS: readonly RolloutPart[] = ["rew", "done"];

type RolloutMessage = RequestOf<"env.rollout">;

/** [B, H] of the actions, which become [B H, size]. @throws MyoError BAD_ACTION */
function splitSteps(actions: RolloutMessage["actions"], layout: readonly BufferLayout[]) {
  const arrays = Array.isArray(actions) ? actions : [actions];
  const [sequences = 0, horizon = 0] = arrays[0]?.shape ?? [];
  const lines = arrays.map((array, index): NdArray => {
    const { size } = layout[index] ?? { size: 0 };
    const [b, h, ...rest] = array.shape;
    if (b === sequences && h === horizon && b > 0 && h > 0 && elementCount(rest) === size) {
      return { ...array, shape: [b * h, size] };
    }
    throw new MyoError(
      "BAD_ACTION",
      `The actions of a rollout are [B, H, ${size}] (sequences, steps, elements), but [${array.shape.join(", ")}] came; send one line per step.`,
    );
  });
  return { sequences, horizon, lines };
}

/**
 * Check what a rollout is asked for.
 * @throws MyoError BAD_ACTION, BAD_OPTIONS, TOO_LARGE
 */
export function parseRollout(
  request: RolloutMessage,
  spec: EnvSpec,
  check: ActionCheck,
): { shape: RolloutShape; actions: NumericArray[] } {
  const { want = DEFAULT_PARTS, obs_keys: obsKeys } = request;
  const { sequences, horizon, lines } = splitSteps(request.actions, layoutOf(spec.act_space).buffers);
  const shape = rolloutShape(spec, sequences, {
    horizon,
    obs: want.includes("obs"),
    finalObs: want.includes("final_obs"),
    terms: want.includes("terms"),
    ...(obsKeys !== undefined && { obsKeys }),
  });
  const bytes = rolloutBytes(shape);
  if (bytes > MAX_BYTES) {
    throw new MyoError(
      "TOO_LARGE",
      `Actions and results of a rollout are at most ${MAX_BYTES / MEBIBYTE} MiB, but ${sequences} x ${horizon} steps with ${want.join(", ")} need ${Math.ceil(bytes / MEBIBYTE)}; want less, pick obs_keys or send fewer sequences.`,
    );
  }
  return { shape, actions: check.parse(lines, sequences * horizon) };
}

/** Row whose present state is the start where no state came. @throws MyoError BAD_OPTIONS */
export function startRow({ snap, data, row }: RolloutMessage, numEnvs: number): number {
  if ([snap, data, row].filter((start) => start !== undefined).length > 1) {
    throw new MyoError("BAD_OPTIONS", "A rollout starts from snap, data or row; send at most one of them.");
  }
  if (row === undefined || row < numEnvs) return row ?? 0;
  throw new MyoError("BAD_OPTIONS", `The session has rows 0 to ${numEnvs - 1}, but row is ${row}; name one of them.`);
}

/** Reply of env.rollout. Arrays are borrowed from the slab: encode before it is dropped. */
export function rolloutReply(
  s: string,
  slab: RolloutSlab,
  want: readonly RolloutPart[] = DEFAULT_PARTS,
): Record<string, unknown> {
  const { shape } = slab;
  const steps = [shape.sequences, shape.horizon];
  const bits = (mask: number): NdArray => toNdArray("|b1", steps, flagBits(slab, mask));
  const build: Readonly<Record<RolloutPart, () => NdArray | NdArray[]>> = {
    rew: () => toNdArray("<f8", steps, slab.reward),
    done: () => bits(TERMINATED | TRUNCATED),
    term: () => bits(TERMINATED),
    trunc: () => bits(TRUNCATED),
    obs: () => wire(slab.obs, shape.obs, steps),
    terms: () => toNdArray("<f8", [...steps, shape.terms], slab.terms),
    final_obs: () => wire(slab.finalObs, shape.obs, [shape.sequences]),
  };
  const body: Record<string, unknown> = { t: "env.rollout.ok", s };
  for (const part of want) body[part] = build[part]();
  const errors = rolloutErrors(slab);
  if (errors !== null) body["errors"] = Object.fromEntries(errors);
  return body;
}

/** One array, or a list where the space has several dtypes. */
function wire(arrays: readonly NumericArray[], layouts: readonly BufferLayout[], axes: readonly number[]) {
  const list = layouts.map(({ dtype, size }, i) => toNdArray(dtype, [...axes, size], arrays[i] ?? new Uint8Array()));
  const [only] = list;
  return list.length === 1 && only !== undefined ? only : list;
}
