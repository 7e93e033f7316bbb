import { didYouMean } from "../protocol/closest.ts";
import type { ObsGroup, RowState } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/ndarray.ts";
import { qposGroup } from "./coordinates.ts";
import type { Model, Physics } from "./engine/physics.ts";
import type { ObsGroupSpec, TaskLayout } from "./task.ts";

/** mjDYN_NONE: the actuator has no activation state. */
const DYN_NONE = 0;
/** Rows of the group `muscle`. */
const MUSCLE_ROWS = 4;

function copyInto(values: Float64Array, out: Float32Array, offset: number): void {
  for (let i = 0; i < values.length; i++) out[offset + i] = values[i] ?? 0;
}

/** Activations of all actuators that have one, 0…1. */
export function actGroup(na: number, names: readonly string[]): ObsGroupSpec {
  return {
    name: "act",
    shape: [na],
    unit: "1",
    names: names.length === na ? names : [],
    write: (p, out, offset) => copyInto(p.act, out, offset),
  };
}

/** Address in `act` of each actuator, -1 where it has none. */
function activationAddresses(model: Model): Int32Array {
  const dynamics = model.intsBorrow("actuator_dyntype");
  const addresses = new Int32Array(dynamics.length).fill(-1);
  let next = 0;
  for (let i = 0; i < dynamics.length; i++) if (dynamics[i] !== DYN_NONE) addresses[i] = next++;
  return addresses;
}

/** Muscle-tendon length (m), its velocity (m/s), force as MuJoCo signs it (N, negative pulls) and activation, [4, n]. */
export function muscleGroup(model: Model, muscles: readonly string[]): ObsGroupSpec {
  const n = muscles.length;
  const all = activationAddresses(model);
  const actuators = Int32Array.from(muscles, (name) => model.id("actuator", name));
  const acts = actuators.map((actuator) => all[actuator] ?? -1);
  return {
    name: "muscle",
    shape: [MUSCLE_ROWS, n],
    unit: "m, m/s, N, 1",
    names: muscles,
    write(p: Physics, out: Float32Array, offset: number): void {
      const { actuatorLength, actuatorVelocity, actuatorForce, act } = p;
      for (let i = 0; i < n; i++) {
        const actuator = actuators[i] ?? 0;
        out[offset + i] = actuatorLength[actuator] ?? 0;
        out[offset + n + i] = actuatorVelocity[actuator] ?? 0;
        out[offset + 2 * n + i] = actuatorForce[actuator] ?? 0;
        out[offset + 3 * n + i] = act[acts[i] ?? -1] ?? 0;
      }
    },
  };
}

/** What drives each muscle in [0, 1], after fatigue and tendon transfer, [n]: MuJoCo's ctrl. */
export function excitationGroup(model: Model, muscles: readonly string[]): ObsGroupSpec {
  const actuators = Int32Array.from(muscles, (name) => model.id("actuator", name));
  return {
    name: "excitation",
    shape: [muscles.length],
    unit: "1",
    names: muscles,
    write(p: Physics, out: Float32Array, offset: number): void {
      const { ctrl } = p;
      for (let i = 0; i < actuators.length; i++) out[offset + i] = ctrl[actuators[i] ?? 0] ?? 0;
    },
  };
}

/** Everything `obs_keys` may name: the task's groups, then `qpos`, `act`, `muscle` and `excitation` where the model has them. */
export function availableGroups(model: Model, layout: TaskLayout): ObsGroupSpec[] {
  const groups = [...layout.groups];
  const has = (name: string): boolean => groups.some((group) => group.name === name);
  if (!has("qpos")) groups.push({ ...qposGroup(model), unit: "rad or m" });
  if (model.sizes.na > 0 && !has("act")) groups.push(actGroup(model.sizes.na, layout.muscles));
  if (layout.muscles.length > 0 && !has("muscle")) groups.push(muscleGroup(model, layout.muscles));
  if (layout.muscles.length > 0 && !has("excitation")) groups.push(excitationGroup(model, layout.muscles));
  return groups;
}

/**
 * Groups by name, f4.
 * @throws MyoError BAD_OPTIONS when a name is unknown.
 */
export function groupValues(available: readonly ObsGroupSpec[], names: readonly string[], p: Physics): RowState["obs"] {
  const observation = new Observation(available, names, false);
  const flat = new Float32Array(observation.size);
  observation.write(p, flat);
  const values: RowState["obs"] = {};
  for (const [name, { shape, offset }] of Object.entries(observation.describe())) {
    values[name] = { shape, values: flat.slice(offset, offset + elementCount(shape)) };
  }
  return values;
}

/** Chosen groups one after another in one f4 buffer. */
export class Observation {
  readonly groups: readonly ObsGroupSpec[];
  readonly size: number;
  readonly #offsets: readonly number[];

  /**
   * @param keys group names in order; `act` is appended where the model has activations and it is absent (MyoSuite's rule),
   *   unless `appendsAct` is false.
   * @throws MyoError BAD_OPTIONS when a name is unknown.
   */
  constructor(available: readonly ObsGroupSpec[], keys: readonly string[], appendsAct = true) {
    const byName = new Map(available.map((group) => [group.name, group]));
    const names = keys.includes("act") || !byName.has("act") || !appendsAct ? keys : [...keys, "act"];
    this.groups = names.map((name) => {
      const group = byName.get(name);
      if (group !== undefined) return group;
      const known = [...byName.keys()];
      const hint = didYouMean(name, known) || `; known: ${known.join(", ")}.`;
      throw new MyoError("BAD_OPTIONS", `obs_keys names no observation group "${name}"${hint}`);
    });
    let size = 0;
    this.#offsets = this.groups.map((group) => {
      const offset = size;
      size += elementCount(group.shape);
      return offset;
    });
    this.size = size;
  }

  /** @returns false when an element is NaN or infinite; such elements are then 0. */
  write(p: Physics, out: Float32Array): boolean {
    const { groups } = this;
    for (let g = 0; g < groups.length; g++) groups[g]?.write(p, out, this.#offsets[g] ?? 0);
    // x * 0 is NaN exactly for NaN and infinities: one scan without a branch an element.
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += (out[i] ?? 0) * 0;
    if (sum === 0) return true;
    for (let i = 0; i < this.size; i++) if (!Number.isFinite(out[i])) out[i] = 0;
    return false;
  }

  /** Slices by name, as `EnvSpec` shows them. */
  describe(): Record<string, ObsGroup> {
    const slices: Record<string, ObsGroup> = {};
    this.groups.forEach(({ name, shape, unit, names }, g) => {
      slices[name] = { shape: [...shape], offset: this.#offsets[g] ?? 0, unit, names: [...names] };
    });
    return slices;
  }
}
