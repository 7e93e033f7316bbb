import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Model } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { applySarcopenia, FatigueStage, RerouteStage, type FatigueTable } from "../../envs/myosuite/conditions.ts";
import { ID_ROWS } from "../../envs/myosuite/ids.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { muscleActuators } from "../../envs/myosuite/muscle-map.ts";
import { dataPath, modelSource } from "../../envs/myosuite/pack-files.ts";
import { deviation, loadTrace, parityObstacle, rowOf } from "./golden.ts";

const obstacle = parityObstacle();
const idsWith = (condition: string): string[] =>
  MYOSUITE_ENVS.map(({ id }) => id).filter((id) => id.startsWith(`myo${condition}`));
const FATIGUE_COLUMNS = { MA: "active", MR: "resting", MF: "fatigued" } as const;

describe.skipIf(obstacle !== null)(`muscle conditions (${obstacle ?? "recordings found"})`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const load = (name: string, variant: string, prepare?: (model: Model) => void): Model => {
    const source = modelSource(name, "light");
    return engine.load({ ...source, key: `${source.key}#${variant}` }, prepare);
  };

  it.each(idsWith("Sarc"))("%s halves the forces MyoSuite halves", (id) => {
    const trace = loadTrace(id);
    using model = load(trace.model, "sarcopenia", applySarcopenia);
    using healthy = load(trace.model, "healthy");
    const want = Float64Array.from(healthy.floatsBorrow("actuator_gainprm"));
    const { index, value } = trace.model_diff["actuator_gainprm"]!;
    index.values.forEach((at, i) => (want[at] = value.values[i]!));
    expect(deviation(model.floatsBorrow("actuator_gainprm"), want)).toBeLessThanOrEqual(1e-12);
  });

  it.each(idsWith("Fati"))("%s ends its recording as tired as MyoSuite", (id) => {
    const trace = loadTrace(id);
    // The same actions, and sarcopenia leaves ctrl alone; some healthy recordings break down, which clears theirs.
    const fresh = loadTrace(id.replace("Fati", "Sarc"));
    const dt = trace.steps.time.values[0]!;
    const single = ID_ROWS.find((row) => row.id === id.replace("Fati", ""))?.recipe.precision === "single";
    using model = load(trace.model, "healthy");
    const table = JSON.parse(readFileSync(dataPath("fatigue"), "utf8")) as FatigueTable;
    const stage = new FatigueStage(model, table, dt, single ? "single" : "double");
    // Motors beside the muscles (a prosthesis) may follow the state, which differs.
    const muscles = [...muscleActuators(model)];
    const ofMuscles = (ctrl: ArrayLike<number>): number[] => muscles.map((id) => ctrl[id]!);
    for (let step = 0; step < trace.n_steps; step++) {
      const ctrl = Float64Array.from(rowOf(fresh.steps.ctrl, step));
      stage.apply(ctrl);
      expect(deviation(ofMuscles(ctrl), ofMuscles(rowOf(trace.steps.ctrl, step)))).toBeLessThanOrEqual(1e-12);
    }
    for (const [key, column] of Object.entries(FATIGUE_COLUMNS)) {
      const want = trace.fatigue![key as keyof typeof FATIGUE_COLUMNS].values;
      expect(deviation(stage[column], want), key).toBeLessThanOrEqual(1e-12);
    }
  });

  it("continues a tired muscle from its saved state", () => {
    using model = load("myoFingerPoseFixed", "healthy");
    const table = JSON.parse(readFileSync(dataPath("fatigue"), "utf8")) as FatigueTable;
    const stage = new FatigueStage(model, table, 0.02, "double");
    const run = (steps: number): Float64Array => {
      const ctrl = new Float64Array(model.sizes.nu);
      for (let step = 0; step < steps; step++) {
        ctrl.fill(0.8);
        stage.apply(ctrl);
      }
      return ctrl;
    };
    run(50);
    const saved = structuredClone(stage.save());
    const straight = run(5);
    stage.reset();
    expect(run(5)).not.toEqual(straight);
    stage.load(saved);
    expect(run(5)).toEqual(straight);
    const shares = stage.active[0]! + stage.resting[0]! + stage.fatigued[0]!;
    expect(shares).toBeCloseTo(1, 12);
  });

  it("recovers faster at rest than under a small load", () => {
    using model = load("myoFingerPoseFixed", "healthy");
    const table = JSON.parse(readFileSync(dataPath("fatigue"), "utf8")) as FatigueTable;
    const fatiguedAfter = (load: number): number => {
      const stage = new FatigueStage(model, table, 0.02, "double");
      stage.load({ MA: [0, 0, 0, 0, 0], MR: Array(5).fill(0.5), MF: Array(5).fill(0.5) });
      const ctrl = new Float64Array(model.sizes.nu);
      for (let step = 0; step < 500; step++) stage.apply(ctrl.fill(load));
      return stage.fatigued[0]!;
    };
    expect(fatiguedAfter(table.rest_threshold)).toBeLessThan(fatiguedAfter(0.011) - 0.01);
  });

  it("gives the thumb extensor the index extensor's command", () => {
    using model = load("myoHandPose0Fixed", "healthy");
    const ctrl = Float64Array.from({ length: model.sizes.nu }, (_, i) => i / 100);
    const eip = model.id("actuator", "EIP_r");
    const epl = model.id("actuator", "EPL_r");
    const want = ctrl.slice();
    want[epl] = ctrl[eip]!;
    want[eip] = 0;
    new RerouteStage(model).apply(ctrl);
    expect(ctrl).toEqual(want);
  });
});
