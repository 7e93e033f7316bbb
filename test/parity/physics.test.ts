import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Model, ModelField, ModelOption, Physics } from "../../envs/engine/physics.ts";
import { MODEL_FIELDS } from "../../envs/engine/physics.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { PARITY_ENGINES } from "./engines.ts";
import { deviation, loadTrace, rowOf, type Trace } from "./golden.ts";
import { toleranceOf } from "../../envs/tolerances.ts";

/**
 * What changes no position: a flag that spares the kinematics of geoms a product with the identity, looks, and the lengths
 * by which sleep is decided.
 */
const WITHOUT_EFFECT = ["geom_sameframe", "geom_matid", "tendon_width", "dof_length"];

/** Solver options that differ from the flat model's. */
function applyOptions(model: Model, { opt }: Trace["model_diff"]): void {
  for (const [name, value] of Object.entries(opt ?? {})) model.setOption(name as ModelOption, Number(value));
}

function applyModelDiff(p: Physics, diff: Trace["model_diff"]): void {
  p.clearEdits();
  for (const [field, { index, value }] of Object.entries(diff)) {
    if (field === "opt" || WITHOUT_EFFECT.includes(field)) continue;
    expect(MODEL_FIELDS).toContain(field);
    const values = p.edit(field as ModelField);
    index.values.forEach((at, i) => {
      values[at] = value.values[i]!;
    });
  }
  p.commitEdits();
}

for (const { id: engineId, obstacle, note, open } of PARITY_ENGINES) {
  describe.skipIf(obstacle !== null)(`physics of ${engineId} on the full models${note}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => {
      engine[Symbol.dispose]();
    });

    it.each(MYOSUITE_ENVS.map((definition) => ({ id: definition.id, definition })))("$id", ({ id, definition }) => {
      const trace = loadTrace(id);
      const source = definition.source({}, "full");
      // A model with options of its own is none that others share.
      const key = trace.model_diff["opt"] === undefined ? source.key : `${source.key}#${id}`;
      using model = engine.load({ ...source, key }, (fresh) => {
        applyOptions(fresh, trace.model_diff);
      });
      using p = model.createPhysics({ sensors: false });
      applyModelDiff(p, trace.model_diff);
      p.resetData();
      const { state } = trace.reset;
      p.qpos.set(state["qpos"]!.values);
      p.qvel.set(state["qvel"]!.values);
      p.act.set(state["act"]!.values);
      p.forward();
      let worst = 0;
      for (let step = 0; step < trace.n_steps; step++) {
        p.ctrl.set(rowOf(trace.steps.ctrl, step));
        p.step(trace.frame_skip);
        p.forward();
        worst = Math.max(worst, deviation(p.qpos, rowOf(trace.steps.qpos, step)));
      }
      expect(worst).toBeLessThanOrEqual(toleranceOf(engineId, id, "physics") ?? Infinity);
    });
  });
}
