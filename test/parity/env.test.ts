import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepOut } from "../../protocol/env.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { EnvDefinition } from "../../envs/task.ts";
import { PARITY_ENGINES, type ParityEngine } from "./engines.ts";
import { deviation, loadTrace, rowOf, type Trace } from "./golden.ts";
import { forcedStepsWithinDefault, toleranceOf, TOLERANCES } from "../../envs/tolerances.ts";

/** ctrl follows from actions alone: nothing of the physics excuses a difference. */
const CTRL_TOLERANCE = 1e-12;

/** Largest deviation of one step in observation, reward and every term. */
function stepDeviation(env: TaskEnv, out: StepOut, trace: Trace, step: number): number {
  const { steps } = trace;
  const terms = env.spec.info_keys.map((key, i) => deviation([out.terms[i]!], [rowOf(steps.terms[key]!, step)[0]!]));
  return Math.max(
    deviation(out.obs[0] as Float32Array, rowOf(steps.obs, step)),
    deviation([out.reward], rowOf(steps.reward, step)),
    ...terms,
  );
}

/** MyoSuite's simulation broke down in this step: MuJoCo reset it, time included. */
function brokeDown(trace: Trace, step: number): boolean {
  const time = trace.steps.time.values;
  return time[step]! < (step === 0 ? 0 : time[step - 1]!);
}

/** What float32 takes from a recorded activation. */
const ACT_ROUNDING = 1e-7;

/**
 * Put the row into the recorded state at the end of a step. Activations are recorded where the observation shows them, in
 * float32; they follow from ctrl alone, so that the row's own are the more exact where they agree.
 */
function force(env: TaskEnv, trace: Trace, step: number): void {
  const p = env.physicsBorrow;
  p.qpos.set(rowOf(trace.steps.qpos, step));
  p.qvel.set(rowOf(trace.steps.qvel, step));
  const act = env.spec.obs_keys["act"] ?? env.spec.obs_keys["muscle_act"];
  if (act !== undefined) {
    const recorded = rowOf(trace.steps.obs, step).subarray(act.offset, act.offset + p.act.length);
    if (deviation(p.act, recorded) > ACT_ROUNDING) p.act.set(recorded);
  }
  p.time = rowOf(trace.steps.time, step)[0]!;
  p.touch();
}

for (const engine of PARITY_ENGINES) {
  describe.skipIf(engine.obstacle !== null)(`MyoSuite parity of ${engine.id}${engine.note}`, () => {
    parityTests(engine);
  });
}

function parityTests({ id: engineId, open }: ParityEngine): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const make = (definition: EnvDefinition): TaskEnv => createEnv(definition, validateKwargs(definition, {}), engine);

  describe.each(MYOSUITE_ENVS.map((definition) => ({ id: definition.id, definition })))("$id", ({ id, definition }) => {
    it("starts from the seed where MyoSuite starts, twice", () => {
      const trace = loadTrace(id);
      using env = make(definition);
      const tolerance = toleranceOf(engineId, id, "reset");
      expect(deviation(env.reset(trace.seed).obs[0] as Float32Array, trace.reset.obs.values)).toBeLessThanOrEqual(
        tolerance!,
      );
      expect(deviation(env.physicsBorrow.qpos, trace.reset.state["qpos"]!.values)).toBeLessThanOrEqual(tolerance!);
      expect(deviation(env.reset(null).obs[0] as Float32Array, trace.reset2.obs.values)).toBeLessThanOrEqual(
        tolerance!,
      );
      expect(deviation(env.physicsBorrow.qpos, trace.reset2.qpos.values)).toBeLessThanOrEqual(tolerance!);
    });

    it("steps as MyoSuite from each recorded state", () => {
      const trace = loadTrace(id);
      using env = make(definition);
      env.reset(trace.seed);
      let worst = 0;
      let within = 0;
      for (let step = 0; step < trace.n_steps; step++) {
        if (step > 0) force(env, trace, step - 1);
        const out = env.step([rowOf(trace.steps.action, step)]);
        const error = stepDeviation(env, out, trace, step);
        worst = Math.max(worst, error);
        within += error <= TOLERANCES[engineId].default.forced ? 1 : 0;
        expect(out.error === null).toBe(!brokeDown(trace, step));
        expect(out.terminated, `terminated at step ${step}`).toBe(rowOf(trace.steps.terminated, step)[0] === 1);
        expect(out.truncated).toBe(rowOf(trace.steps.truncated, step)[0] === 1);
      }
      expect(worst).toBeLessThanOrEqual(toleranceOf(engineId, id, "forced")!);
      expect(within).toBeGreaterThanOrEqual(forcedStepsWithinDefault(engineId, id, trace.n_steps));
    });

    const freeTolerance = toleranceOf(engineId, id, "free");
    // An id that the list lets off is teacher-forced above and has no test here: a skip would hide a missing recording.
    if (freeTolerance === null) return;
    it("follows MyoSuite for 40 steps", () => {
      const trace = loadTrace(id);
      using env = make(definition);
      env.reset(trace.seed);
      let worst = 0;
      let worstCtrl = 0;
      for (let step = 0; step < trace.n_steps; step++) {
        const out = env.step([rowOf(trace.steps.action, step)]);
        worst = Math.max(worst, stepDeviation(env, out, trace, step));
        worstCtrl = Math.max(worstCtrl, deviation(env.physicsBorrow.ctrl, rowOf(trace.steps.ctrl, step)));
        expect(out.terminated, `terminated at step ${step}`).toBe(rowOf(trace.steps.terminated, step)[0] === 1);
      }
      expect(worst).toBeLessThanOrEqual(freeTolerance);
      expect(worstCtrl).toBeLessThanOrEqual(CTRL_TOLERANCE);
    });
  });
}
