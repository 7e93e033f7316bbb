import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, StepOut } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { useOstrichPack } from "../packs/ostrich-pack.ts";
import { PARITY_ENGINES } from "./engines.ts";
import { deviation, readRecording, rowOf, type Recorded } from "./golden.ts";
import { toleranceOf } from "../../envs/tolerances.ts";

/** One recording of OstrichRL on dm_control: RandomState(7), 40 control steps, going on after the end. */
interface OstrichTrace {
  readonly seed_RandomState: number;
  readonly n_steps: number;
  readonly reset: Readonly<Record<"qpos" | "qvel" | "obs", Recorded>> & { readonly target: Recorded | null };
  readonly steps: Readonly<Record<"action" | "obs" | "reward" | "terminated" | "qpos" | "qvel", Recorded>>;
}

const RECORDINGS = {
  "ostrich-run-v0": "ostrich-run",
  "ostrich-run-torque-v0": "ostrich-run_torque",
  "ostrich-foraging-v0": "ostrich-foraging",
} as const;

/** Episodes of the original tasks with other seeds, see record-ostrich.py. */
interface Episodes {
  readonly id: string;
  readonly seed: number;
  readonly kwargs: JsonObject;
  /** Steps before which the caller resets, besides those that follow an end. */
  readonly resets: readonly number[];
  /** qpos after each reset */
  readonly starts: readonly (readonly number[])[];
  readonly rewards: readonly number[];
  readonly terminated: readonly (0 | 1)[];
  /** After the last step; null where the recordings have some of the task. */
  readonly observation: readonly number[] | null;
  readonly qpos: readonly number[];
}

const { episodes: EPISODES } = JSON.parse(readFileSync(new URL("ostrich-vectors.json", import.meta.url), "utf8")) as {
  readonly episodes: readonly Episodes[];
};

/**
 * Orientations are equal to the clip's when it is played, and an angle near 0 is the arc cosine of 1 less the last digits
 * of a matrix product, which NumPy leaves to BLAS: 30 angles of up to 3e-8 rad, weighted 0.1.
 */
const PLAYED = 1e-7;

/** As record-ostrich.py has it. */
const actionOf = (size: number, step: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => (((7 * step + 13 * i) % 21) - 10) / 10);

const cache = await useOstrichPack();
afterAll(() => cache[Symbol.dispose]());

/** Observations travel as f4; the recordings are f8. */
const single = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);

const load = (recording: string): OstrichTrace => readRecording(`ostrich/${recording}`) as OstrichTrace;

function stepDeviation(env: TaskEnv, out: StepOut, { steps }: OstrichTrace, step: number): number {
  const p = env.physicsBorrow;
  return Math.max(
    deviation(out.obs[0] as Float32Array, single(rowOf(steps.obs, step))),
    deviation([out.reward], rowOf(steps.reward, step)),
    deviation(p.qpos, rowOf(steps.qpos, step)),
    // Velocities are of the order of 10 where joints are light.
    deviation(p.qvel, rowOf(steps.qvel, step)),
  );
}

/** Put the row into the recorded state at the end of a step. */
function force(env: TaskEnv, { steps }: OstrichTrace, step: number): void {
  const p = env.physicsBorrow;
  p.qpos.set(rowOf(steps.qpos, step));
  p.qvel.set(rowOf(steps.qvel, step));
  const act = env.spec.obs_keys["muscle_activations"];
  if (act !== undefined) p.act.set(rowOf(steps.obs, step).subarray(act.offset, act.offset + p.act.length));
  p.touch();
}

for (const { id: engineId, obstacle: missing, open } of PARITY_ENGINES) {
  const obstacle = missing ?? cache.obstacle;
  const note = obstacle === null ? "" : ` (skipped: ${obstacle})`;
  describe.skipIf(obstacle !== null)(`OstrichRL parity of ${engineId}${note}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine[Symbol.dispose]());

    const make = (id: string, kwargs: JsonObject = {}): TaskEnv =>
      createEnv(findEnv(id), validateKwargs(findEnv(id), kwargs), engine);

    it.each(EPISODES.map((row) => [row.id, row.seed, JSON.stringify(row.kwargs), row] as const))(
      "%s goes from episode to episode as OstrichRL, seed %d, %s",
      (id, seed, _kwargs, row) => {
        using env = make(id, row.kwargs);
        const starts = [...row.starts];
        const free = toleranceOf(engineId, id, "free")!;
        let worst = 0;
        const reset = (from: number | null): void => {
          env.reset(from);
          worst = Math.max(worst, deviation(env.physicsBorrow.qpos, starts.shift() ?? []));
        };
        reset(seed);
        let out: StepOut | null = null;
        for (const [step, reward] of row.rewards.entries()) {
          if (step > 0 && (row.terminated[step - 1] === 1 || row.resets.includes(step))) reset(null);
          out = env.step([actionOf(env.physicsBorrow.ctrl.length, step)]);
          worst = Math.max(worst, deviation([out.reward], [reward]));
          expect(out.terminated, `terminated at step ${step}`).toBe(row.terminated[step] === 1);
        }
        expect(starts).toEqual([]);
        worst = Math.max(worst, deviation(env.physicsBorrow.qpos, row.qpos));
        if (row.observation !== null) {
          worst = Math.max(worst, deviation(out?.obs[0] as Float32Array, single(row.observation)));
        }
        expect(worst).toBeLessThanOrEqual(Math.max(free, row.kwargs["play"] === true ? PLAYED : 0));
      },
    );

    describe.each(Object.entries(RECORDINGS))("%s", (id, recording) => {
      it("starts from the seed where OstrichRL starts", () => {
        const trace = load(recording);
        using env = make(id);
        const { obs } = env.reset(trace.seed_RandomState);
        const worst = Math.max(
          deviation(env.physicsBorrow.qpos, trace.reset.qpos.values),
          deviation(env.physicsBorrow.qvel, trace.reset.qvel.values),
          deviation(obs[0] as Float32Array, single(trace.reset.obs.values)),
        );
        expect(worst).toBeLessThanOrEqual(toleranceOf(engineId, id, "reset")!);
      });

      it("steps as OstrichRL from each recorded state", () => {
        const trace = load(recording);
        using env = make(id);
        env.reset(trace.seed_RandomState);
        let worst = 0;
        for (let step = 0; step < trace.n_steps; step++) {
          if (step > 0) force(env, trace, step - 1);
          const out = env.step([rowOf(trace.steps.action, step)]);
          worst = Math.max(worst, stepDeviation(env, out, trace, step));
          expect(out.error).toBeNull();
          expect(out.terminated, `terminated at step ${step}`).toBe(rowOf(trace.steps.terminated, step)[0] === 1);
        }
        expect(worst).toBeLessThanOrEqual(toleranceOf(engineId, id, "forced")!);
      });

      it("follows OstrichRL for 40 steps", () => {
        const trace = load(recording);
        using env = make(id);
        env.reset(trace.seed_RandomState);
        let worst = 0;
        for (let step = 0; step < trace.n_steps; step++) {
          const out = env.step([rowOf(trace.steps.action, step)]);
          worst = Math.max(worst, stepDeviation(env, out, trace, step));
          expect(out.terminated, `terminated at step ${step}`).toBe(rowOf(trace.steps.terminated, step)[0] === 1);
        }
        expect(worst).toBeLessThanOrEqual(toleranceOf(engineId, id, "free")!);
      });
    });
  });
}
