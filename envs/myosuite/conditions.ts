import type { Json } from "../../protocol/env.ts";
import type { Model } from "../engine/physics.ts";
import type { MuscleStage } from "../task.ts";
import { DYN_MUSCLE, NDYN, NGAIN } from "../engine/mujoco-enums.ts";
import { muscleActuators, type Precision } from "./muscle-map.ts";
import { expm1Double } from "./numpy-double.ts";

/** Share of the peak force that sarcopenia leaves. */
const SARCOPENIA_FORCE = 0.5;
/** mjMINVAL. */
const MIN_ACC0 = 1e-15;
/** Columns of actuator_gainprm of a muscle: peak force (N, negative = automatic) and scale. */
const PEAK_FORCE = 2;
const FORCE_SCALE = 3;

/** Halve every actuator's peak force; MuJoCo's automatic forces (scale / acc0) are resolved first. Passive forces stay. */
export function applySarcopenia(model: Model): void {
  const gain = model.floatsBorrow("actuator_gainprm");
  const acc0 = model.floatsBorrow("actuator_acc0");
  const dyntype = model.intsBorrow("actuator_dyntype");
  for (let i = 0; i < model.sizes.nu; i++) {
    const at = i * NGAIN;
    let force = gain[at + PEAK_FORCE] ?? 0;
    if (force < 0 && dyntype[i] === DYN_MUSCLE) {
      force = (gain[at + FORCE_SCALE] ?? 0) / Math.max(acc0[i] ?? 0, MIN_ACC0);
    }
    gain[at + PEAK_FORCE] = force * SARCOPENIA_FORCE;
  }
}

/** Fatigue and recovery rates of one muscle group, 1/s; `r` multiplies recovery at rest. */
interface FatigueRates {
  readonly F?: number;
  readonly R?: number;
  readonly r?: number;
}

/** `data/fatigue.json` of the pack. */
export interface FatigueTable {
  readonly params: Readonly<Record<string, FatigueRates>>;
  readonly muscle_group: Readonly<Record<string, string>>;
  /** Excitations up to this count as rest. */
  readonly rest_threshold: number;
}

const DEFAULT_GROUP = "Default";

/** Rates of a muscle: by its name, else without side; by its group, else the group's joint, else `Default`. */
function ratesOf(table: FatigueTable, muscle: string): Required<FatigueRates> {
  const names = [muscle, muscle.replace(/_r$/, ""), muscle.replace(/_l$/, "")];
  const named = names.find((name) => Object.hasOwn(table.muscle_group, name));
  const group = named === undefined ? DEFAULT_GROUP : (table.muscle_group[named] ?? DEFAULT_GROUP);
  const candidates = [group, group.split("-")[0] ?? group, DEFAULT_GROUP];
  const key = candidates.find((name) => Object.hasOwn(table.params, name)) ?? DEFAULT_GROUP;
  const fallback = table.params[DEFAULT_GROUP];
  const found = table.params[key];
  return {
    F: found?.F ?? fallback?.F ?? 0,
    R: found?.R ?? fallback?.R ?? 0,
    r: found?.r ?? fallback?.r ?? 0,
  };
}

/** A column of numbers from a saved state. */
function column(state: Json, key: string, out: Float64Array): void {
  const values = typeof state === "object" && state !== null && !Array.isArray(state) ? state[key] : null;
  if (!Array.isArray(values)) return;
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i]);
}

/**
 * Cumulative fatigue of every muscle, three-compartment model with recovery at rest (3CC-r: Xia & Frey-Law 2008, Looft et
 * al. 2018, Rakshit et al. 2021): active MA, resting MR and fatigued MF shares, one explicit step a control step. The
 * excitation is the target load TL, the active share replaces it.
 */
export class FatigueStage implements MuscleStage {
  readonly active: Float64Array;
  readonly resting: Float64Array;
  readonly fatigued: Float64Array;
  readonly #muscles: Int32Array;
  /** [na, 5]: F, R, r (1/s, 1/s, 1), activation and deactivation time constants (s). */
  readonly #rates: Float64Array;
  readonly #dt: number;
  readonly #rest: number;
  readonly #single: boolean;

  /** @param dt control step, s; @param precision `single`: excitations are float32 in MyoSuite, so is what replaces them. */
  constructor(model: Model, table: FatigueTable, dt: number, precision: Precision) {
    this.#muscles = muscleActuators(model);
    this.#dt = dt;
    this.#rest = table.rest_threshold;
    this.#single = precision === "single";
    const dynprm = model.floatsBorrow("actuator_dynprm");
    const n = this.#muscles.length;
    this.#rates = new Float64Array(5 * n);
    this.#muscles.forEach((id, i) => {
      const { F, R, r } = ratesOf(table, model.name("actuator", id));
      this.#rates.set([F, R, r, dynprm[id * NDYN] ?? 0, dynprm[id * NDYN + 1] ?? 0], 5 * i);
    });
    this.active = new Float64Array(n);
    this.resting = new Float64Array(n);
    this.fatigued = new Float64Array(n);
    this.reset();
  }

  reset(): void {
    this.active.fill(0);
    this.resting.fill(1);
    this.fatigued.fill(0);
  }

  apply(ctrl: Float64Array): void {
    for (let i = 0; i < this.#muscles.length; i++) {
      const id = this.#muscles[i] ?? 0;
      const active = this.#advance(i, ctrl[id] ?? 0);
      ctrl[id] = this.#single ? Math.fround(active) : active;
    }
  }

  /** One step of muscle i towards the load; all right-hand sides from the old shares. @returns the active share. */
  #advance(i: number, load: number): number {
    const dt = this.#dt;
    const MA = this.active[i] ?? 0;
    const MR = this.resting[i] ?? 0;
    const MF = this.fatigued[i] ?? 0;
    const F = this.#rates[5 * i] ?? 0;
    const R = this.#rates[5 * i + 1] ?? 0;
    const rR = load <= this.#rest ? (this.#rates[5 * i + 2] ?? 0) * R : R;
    const flow = this.#transfer(i, load, MA, MR);
    const low = Math.max(-MA / dt + F * MA, (MR - 1) / dt + rR * MF);
    const high = Math.min((1 - MA) / dt + F * MA, MR / dt + rR * MF);
    const C = Math.min(Math.max(flow, low), high);
    this.active[i] = MA + (C - F * MA) * dt;
    this.resting[i] = MR + (-C + rR * MF) * dt;
    this.fatigued[i] = MF + (F * MA - rR * MF) * dt;
    return this.active[i] ?? 0;
  }

  /** Flow from rest to activity, 1/s, before its clipping. */
  #transfer(i: number, load: number, MA: number, MR: number): number {
    const gap = load - MA;
    const slope = 0.5 + 1.5 * MA;
    // The approach over dt is integrated exactly: an Euler step overshoots the load when the rate times dt exceeds 1.
    const approach = (rate: number): number => -expm1Double(-rate * this.#dt) / this.#dt;
    if (MA < load) {
      const develop = approach(1 / ((this.#rates[5 * i + 3] ?? 0) * slope));
      return develop * (MR > gap ? gap : MR);
    }
    return approach(slope / (this.#rates[5 * i + 4] ?? 0)) * gap;
  }

  save(): Json {
    return { MA: [...this.active], MR: [...this.resting], MF: [...this.fatigued] };
  }

  load(state: Json): void {
    column(state, "MA", this.active);
    column(state, "MR", this.resting);
    column(state, "MF", this.fatigued);
  }
}

/** Tendon transfer: the command of EIP (index extensor) drives EPL (thumb extensor), EIP falls silent. */
export class RerouteStage implements MuscleStage {
  readonly #epl: number;
  readonly #eip: number;

  constructor(model: Model) {
    const id = (name: string): number => Math.max(model.id("actuator", `${name}_r`), model.id("actuator", name));
    this.#epl = id("EPL");
    this.#eip = id("EIP");
  }

  reset(): void {
    // Without state.
  }

  apply(ctrl: Float64Array): void {
    ctrl[this.#epl] = ctrl[this.#eip] ?? 0;
    ctrl[this.#eip] = 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // Without state.
  }
}
