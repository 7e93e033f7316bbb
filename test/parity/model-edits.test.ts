import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EDITABLE_INTS,
  type EditableInt,
  type Engine,
  type FieldValues,
  type Model,
  type ModelField,
  type Physics,
} from "../../envs/engine/physics.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { JOINT_FREE } from "../../envs/engine/mujoco-enums.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import { PARITY_ENGINES } from "./engines.ts";
import { deviation, loadTrace, type Trace } from "./golden.ts";

/** Ids whose constructor or reset edits the model. */
const EDITED =
  /ExoRandom|Rough|Hilly|Stair|OslRun|HandReorient|Die|Baoding|Relocate|ChallengeBimanual|TableTennisP2|ObjHoldRandom|KeyTurnRandom|PenTwirlRandom/;
/** Fields whose indices the light model shares with the full one. */
const SHARED_FIELDS: readonly ModelField[] = [
  "actuator_acc0",
  "actuator_gainprm",
  "body_mass",
  "body_inertia",
  "body_ipos",
  "body_iquat",
  "body_sameframe",
  "body_subtreemass",
  "body_invweight0",
  "body_pos",
  "body_quat",
  "dof_M0",
  "dof_invweight0",
  "site_sameframe",
  "tendon_invweight0",
  "hfield_data",
];
/** Fields by geom or node of a bounding volume tree, whose ids differ. */
const GEOM_FIELDS: readonly ModelField[] = [
  "geom_type",
  "geom_condim",
  "geom_size",
  "geom_pos",
  "geom_quat",
  "geom_friction",
  "geom_aabb",
  "geom_rbound",
];
const TREE_FIELDS: readonly ModelField[] = ["bvh_aabb", "bvh_child", "bvh_depth"];
/** Of most values; the recorded changes leave out smaller ones. */
const TOLERANCE = 1e-12;
/** A bounding volume's axes are the inertia's, which versions find within 1e-8 of each other. */
const TREE_TOLERANCE = 1e-7;

const isInt = (field: ModelField): field is EditableInt => (EDITABLE_INTS as readonly string[]).includes(field);
const valuesOf = (model: Model, field: ModelField): FieldValues =>
  isInt(field) ? model.intsBorrow(field) : model.floatsBorrow(field);

/** Values of the environment's model after a reset: the row's edits, else the model's. */
const heldBy = (p: Physics, field: ModelField): FieldValues => p.edits.get(field) ?? valuesOf(p.model, field);

/** Values of a model with the recorded changes. */
function recorded(base: FieldValues, { model_diff: diff }: Trace, field: ModelField): FieldValues {
  const values = base.slice();
  diff[field]?.index.values.forEach((at, i) => (values[at] = diff[field]!.value.values[i]!));
  return values;
}

/** MyoSuite writes the pose of mocap and free bodies into the model too; the simulation reads it from mjData. */
function takeStates(p: Physics, want: FieldValues, field: "body_pos" | "body_quat"): void {
  const { model } = p;
  const { nbody } = model.sizes;
  const held = heldBy(p, field);
  for (let body = 1; body < nbody; body++) {
    const isFree =
      model.intsBorrow("body_jntnum")[body]! > 0 &&
      model.intsBorrow("jnt_type")[model.intsBorrow("body_jntadr")[body]!] === JOINT_FREE;
    if (isFree || model.intsBorrow("body_mocapid")[body]! >= 0) {
      want.set(rowsOf(held, nbody, body, 1), (body * held.length) / nbody);
    }
  }
}

/** Rows of `values` that belong to a body. */
function rowsOf(values: FieldValues, rows: number, first: number, count: number): FieldValues {
  const width = values.length / rows;
  return values.subarray(first * width, (first + count) * width);
}

/** Whether a body has the same geoms in both models: the light one drops meshes, or puts a marker in their place. */
function sameGeoms(light: Model, full: Model, body: number): boolean {
  const shapes = [light, full].map((model) => {
    const first = model.intsBorrow("body_geomadr")[body]!;
    const types = model.intsBorrow("geom_type");
    return Array.from({ length: model.intsBorrow("body_geomnum")[body]! }, (_, i) => types[first + i]).join();
  });
  return shapes[0] === shapes[1];
}

/** Compares what belongs to bodies that have the same geoms, and as many nodes, in the light model as in the full one. */
function compareByBody(p: Physics, full: Model, trace: Trace, kind: "geom" | "bvh"): void {
  const light = p.model;
  const at = (model: Model, body: number): number => model.intsBorrow(`body_${kind}adr`)[body]!;
  const count = (model: Model, body: number): number => model.intsBorrow(`body_${kind}num`)[body]!;
  const rows = (model: Model): number => model.fieldLength(kind === "geom" ? "geom_rbound" : "bvh_depth");
  for (const field of kind === "geom" ? GEOM_FIELDS : TREE_FIELDS) {
    const want = recorded(valuesOf(full, field), trace, field);
    const got = heldBy(p, field);
    for (let body = 1; body < light.sizes.nbody; body++) {
      const n = count(light, body);
      if (n === 0 || n !== count(full, body) || !sameGeoms(light, full, body)) continue;
      expect(
        deviation(rowsOf(got, rows(light), at(light, body), n), rowsOf(want, rows(full), at(full, body), n)),
        `${field} of ${light.name("body", body)}`,
      ).toBeLessThanOrEqual(kind === "geom" ? TOLERANCE : TREE_TOLERANCE);
    }
  }
}

for (const { id: engineId, obstacle, note, open } of PARITY_ENGINES) {
  describe.skipIf(obstacle !== null)(`model edits of ${engineId}${note}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => {
      engine[Symbol.dispose]();
    });

    const edited = MYOSUITE_ENVS.filter(({ id }) => EDITED.test(id));
    it.each(edited.map((definition) => ({ id: definition.id, definition })))("$id", ({ id, definition }) => {
      const trace = loadTrace(id);
      using full = engine.load(definition.source({}, "full"));
      using env = createEnv(definition, validateKwargs(definition, {}), engine);
      env.reset(trace.seed);
      const p = env.physicsBorrow;
      for (const field of SHARED_FIELDS) {
        const want = recorded(valuesOf(full, field), trace, field);
        // The mass of everything, which nothing reads: the pack's table (of a mesh) is 2e-4 kg off the recordings' 1012 kg.
        if (field === "body_subtreemass") want[0] = heldBy(p, field)[0]!;
        if (field === "body_pos" || field === "body_quat") takeStates(p, want, field);
        expect(deviation(heldBy(p, field), want), field).toBeLessThanOrEqual(field === "hfield_data" ? 0 : TOLERANCE);
      }
      compareByBody(p, full, trace, "geom");
      compareByBody(p, full, trace, "bvh");
    });
  });
}
