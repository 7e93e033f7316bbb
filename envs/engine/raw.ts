import type { EngineId, ModelFloat, ModelInt, ModelOption, ModelSizes, ModelSource, ObjectType } from "./physics.ts";

/** Warning counters of mjData in MuJoCo's order (mjtWarning); the sentence names what happened. */
export const WARNINGS = [
  "the inertia matrix is close to singular",
  "the arena is full: contacts were dropped (raise <size memory>)",
  "the arena is full: constraints were dropped (raise <size memory>)",
  "too many geoms to draw",
  "qpos became NaN, infinite or huge",
  "qvel became NaN, infinite or huge",
  "qacc became NaN, infinite or huge",
  "ctrl was NaN, infinite or huge",
] as const;

/** `DataViews.warningAt` of a library that numbers its warnings as `WARNINGS` does. */
export const WARNINGS_IN_ORDER: readonly number[] = WARNINGS.map((_, i) => i);

/** Live views of one mjData, by the names of `Physics`. */
export interface DataViews {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly act: Float64Array;
  readonly ctrl: Float64Array;
  readonly qaccWarmstart: Float64Array;
  readonly mocapPos: Float64Array;
  readonly mocapQuat: Float64Array;
  readonly xpos: Float64Array;
  readonly xquat: Float64Array;
  readonly xmat: Float64Array;
  readonly xipos: Float64Array;
  readonly ximat: Float64Array;
  readonly cvel: Float64Array;
  readonly siteXpos: Float64Array;
  readonly siteXmat: Float64Array;
  readonly geomXpos: Float64Array;
  readonly actuatorLength: Float64Array;
  readonly actuatorVelocity: Float64Array;
  readonly actuatorForce: Float64Array;
  readonly sensordata: Float64Array;
  readonly cfrcExt: Float64Array;
  /** [W, 2] last info and count of each warning; its length is 0 exactly when every view is detached. */
  readonly warnings: Int32Array;
  /** Row in `warnings` of each of `WARNINGS`, -1 where the version has none. */
  readonly warningAt: readonly number[];
}

/** Rows of the constraint solver: kind (mjtConstraint), object (joint of a joint limit), force (N, N m). */
export interface Constraints {
  readonly type: Int32Array;
  readonly id: Int32Array;
  readonly force: Float64Array;
}

/** mjtConstraint: a joint at its limit. */
export const LIMIT_JOINT = 3;

/** mjData as a library offers it: no state of ours. */
export interface RawData {
  time: number;
  readonly ncon: number;
  /** Writes the two geoms of each contact, [2 ncon]. */
  contactGeoms(out: Int32Array): void;
  /** Constraint rows as the solver left them; valid until the next call. */
  constraintsBorrow(): Constraints;
  views(): DataViews;
  step(): void;
  step1(): void;
  step2(): void;
  forward(): void;
  /** mj_fwdPosition, mj_fwdVelocity and mj_fwdActuation: mj_forward without its solver. */
  observe(): void;
  kinematics(): void;
  /** cfrcExt follows the contact forces that the solver left. */
  rnePostConstraint(): void;
  resetData(): void;
  resetKeyframe(key: number): void;
  /** mjSTATE_INTEGRATION. */
  getState(out: Float64Array): void;
  setState(state: Float64Array): void;
  dispose(): void;
}

/** Stages of a step that mjOption.disableflags can leave out, by the names of mjtDisableBit. */
export type Stage = "ACTUATION" | "SENSOR" | "MIDPHASE" | "ISLAND";

/** mjModel as a library offers it. */
export interface RawModel {
  readonly sizes: ModelSizes;
  readonly timestep: number;
  readonly stateSize: number;
  /** mjModel.stat.meaninertia, kg m² */
  meanInertia: number;
  floats(field: ModelFloat): Float64Array | Float32Array;
  ints(field: ModelInt): Int32Array | Uint8Array;
  id(type: ObjectType, name: string): number;
  name(type: ObjectType, id: number): string;
  count(type: ObjectType): number;
  disable(stage: Stage, disabled: boolean): void;
  option(name: ModelOption): number;
  setOption(name: ModelOption, value: number): void;
  /** mj_setConst */
  setConst(): void;
  createData(): RawData;
  dispose(): void;
}

/** One physics library in one thread: what the wasm and the native engine implement. */
export interface RawEngine {
  readonly id: EngineId;
  readonly version: string;
  /** @throws MyoError INTERNAL with MuJoCo's sentence when the text does not compile. */
  compile(source: ModelSource): RawModel;
  dispose(): void;
}
