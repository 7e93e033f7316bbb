/** Where a compiled model comes from. */
export interface ModelSource {
  /** Equal keys mean equal models: one compiled model serves every row with the key. */
  readonly key: string;
  /** MJCF text. */
  readonly xml: string;
  /** Files the MJCF names (meshes, height fields, textures), by the name in the text. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  /** All constraints hang together, or nearly always: the search for islands among them is left out. */
  readonly oneIsland?: boolean;
  /** Jacobians of tendons and contacts hold few joints each: kept sparse by the library without vector instructions. */
  readonly sparse?: boolean;
  /** sha256 (hex) of the full model's MJCF text where the source knows it; else it is computed from the full variant. */
  readonly sha256?: string;
}

export type EngineId = "wasm" | "native";
export type ObjectType =
  "body" | "joint" | "geom" | "site" | "actuator" | "tendon" | "sensor" | "key" | "mesh" | "hfield";

/** Float arrays of mjModel that tasks read or edit, by MuJoCo's names. hfield_data and rgba are f4. */
export const MODEL_FLOATS = [
  "qpos0",
  "body_mass",
  "body_inertia",
  "body_ipos",
  "body_iquat",
  "body_pos",
  "body_quat",
  "body_subtreemass",
  "body_invweight0",
  "jnt_range",
  "dof_M0",
  "dof_invweight0",
  "geom_size",
  "geom_pos",
  "geom_quat",
  "geom_friction",
  "geom_rgba",
  "geom_aabb",
  "geom_rbound",
  "geom_margin",
  "site_pos",
  "site_quat",
  "site_size",
  "hfield_size",
  "hfield_data",
  "tendon_length0",
  "tendon_invweight0",
  "tendon_lengthspring",
  "actuator_dynprm",
  "actuator_gainprm",
  "actuator_biasprm",
  "actuator_ctrlrange",
  "actuator_gear",
  "actuator_acc0",
  "actuator_length0",
  "actuator_lengthrange",
  "key_qpos",
  "key_qvel",
  "bvh_aabb",
] as const;
export type ModelFloat = (typeof MODEL_FLOATS)[number];

/** Integer arrays of mjModel that a row may edit: what follows from the geometry of a body that is drawn each episode. */
export const EDITABLE_INTS = [
  "geom_type",
  "geom_condim",
  "geom_contype",
  "geom_conaffinity",
  "geom_sameframe",
  "site_sameframe",
  "body_sameframe",
  "bvh_child",
  "bvh_depth",
  "bvh_nodeid",
] as const;
export type EditableInt = (typeof EDITABLE_INTS)[number];

/** Integer arrays of mjModel; those outside `EDITABLE_INTS` are read only after construction. */
export const MODEL_INTS = [
  ...EDITABLE_INTS,
  "body_parentid",
  "body_rootid",
  "body_jntadr",
  "body_jntnum",
  "body_weldid",
  "body_mocapid",
  "body_dofadr",
  "body_dofnum",
  "body_geomadr",
  "body_geomnum",
  "body_bvhadr",
  "body_bvhnum",
  "jnt_type",
  "jnt_qposadr",
  "jnt_dofadr",
  "jnt_bodyid",
  "jnt_limited",
  "geom_bodyid",
  "geom_dataid",
  "geom_group",
  "site_bodyid",
  "hfield_nrow",
  "hfield_ncol",
  "hfield_adr",
  "actuator_dyntype",
  "actuator_trntype",
  "actuator_trnid",
  "actuator_ctrllimited",
  "sensor_adr",
  "sensor_dim",
] as const;
export type ModelInt = (typeof MODEL_INTS)[number];

/** A field that a row may edit, and its values by the type MuJoCo stores. */
export type ModelField = ModelFloat | EditableInt;
export type FieldValues = Float64Array | Float32Array | Int32Array | Uint8Array;
export const MODEL_FIELDS: readonly ModelField[] = [...MODEL_FLOATS, ...EDITABLE_INTS];

/** Members of mjOption that a constructor may set. */
export type ModelOption = "integrator" | "jacobian" | "iterations" | "ls_iterations" | "disableflags" | "enableflags";

/** A body whose geoms or mass a row has edited. */
export interface BodyRefresh {
  readonly body: number;
  /** Densities of its geoms in order, as multiples of each other; equal where absent. The body keeps its `body_mass`. */
  readonly density?: readonly number[];
  /** Masses of its geoms instead, where the model gives them so. */
  readonly mass?: readonly number[];
  /** The model's `<inertial>` where it has one: the inertia keeps its shape and scales with `body_mass`. */
  readonly inertial?: { readonly mass: number; readonly diagonal: readonly [number, number, number] };
}

export interface ModelSizes {
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  readonly na: number;
  readonly nbody: number;
  readonly njnt: number;
  readonly ngeom: number;
  readonly nsite: number;
  readonly nkey: number;
  readonly nmocap: number;
  readonly nsensordata: number;
  readonly ntendon: number;
}

/** A compiled model, shared by all rows of a worker that have its key. */
export interface Model extends Disposable {
  readonly sizes: ModelSizes;
  /** Simulation step, s. */
  readonly timestep: number;
  /**
   * Live view of the values without any row's edits: constructor edits write here; valid until the next load or step.
   * For construction, not for the hot path: where rows have edits, each call swaps them out.
   */
  floatsBorrow(field: ModelFloat): Float64Array | Float32Array;
  intsBorrow(field: ModelInt): Int32Array | Uint8Array;
  /** Number of elements of a field. */
  fieldLength(field: ModelField): number;
  /** @returns -1 when no object has the name. */
  id(type: ObjectType, name: string): number;
  name(type: ObjectType, id: number): string;
  count(type: ObjectType): number;
  /** Rerun mj_setConst after edits of masses, sizes or poses. */
  setConst(): void;
  /** A member of mjOption, for every row: constructor edits only. */
  option(name: ModelOption): number;
  setOption(name: ModelOption, value: number): void;
  createPhysics(options: PhysicsOptions): Physics;
}

export interface PhysicsOptions {
  /** false: sensors are never computed. */
  readonly sensors: boolean;
}

/**
 * One simulation state (mjData) on a shared model. Array properties are live views, valid until the next call that may
 * load a model or create a physics; read them through the property each time.
 */
export interface Physics extends Disposable {
  readonly model: Model;
  time: number;
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly act: Float64Array;
  readonly ctrl: Float64Array;
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
  readonly ncon: number;
  /** Geoms of each contact, [2 ncon]; valid until the next call. */
  contactGeomsBorrow(): Int32Array;
  /** Magnitude of the limit force (N, N m) of every joint [njnt], as the solver left it; 0 where no limit acts. */
  jointLimitForces(out: Float64Array): void;
  /**
   * Force (N, world axes) on every body from contacts, connections and welds, [nbody, 3], as the last `forward` found it;
   * a body's own, without those of its descendants.
   */
  externalForces(out: Float64Array): void;

  /** mj_resetData; model edits stay. */
  resetData(): void;
  resetKeyframe(key: number): void;
  /** mj_forward: derived quantities follow the state. */
  forward(): void;
  /**
   * The part of `forward` that a step's reward and observation read: position, velocity and actuation stages. Where
   * sensors are on it is `forward`. Accelerations, constraint and contact forces keep their values of the last sub-step.
   */
  observe(): void;
  /** `forward` with the actuators off: their forces are 0, as dm_control shows them after a reset. */
  forwardPassive(): void;
  /** mj_step1: position and velocity stages with their sensors. Forces and accelerations stay those of the last sub-step. */
  step1(): void;
  /** mj_kinematics only. */
  kinematics(): void;
  /**
   * n x mj_step with the current ctrl. When nothing but ctrl changed since the last `forward`, the position and velocity
   * stages of the first sub-step are taken over from it (mj_step2): the result is bit-equal. Not with the Runge-Kutta
   * integrator, for which mj_step2 takes an Euler step.
   */
  step(n: number): void;
  /** State was written by hand: the next step starts with a full mj_step. */
  touch(): void;
  /** Sentence naming the fault when MuJoCo found a bad state or a full arena since the last call, else null. */
  fault(): string | null;

  /**
   * A row's own copy of a model field, applied whenever this row computes: the shared model stays untouched for the
   * others. Writing takes effect with `commitEdits`.
   */
  edit(field: ModelFloat): Float64Array | Float32Array;
  edit(field: EditableInt): Int32Array | Uint8Array;
  edit(field: ModelField): FieldValues;
  /** Apply the edits; with `setConst` derived constants are recomputed and become part of the row's edits. */
  commitEdits(options?: { setConst?: boolean }): void;
  /**
   * After edits of geom type, size or pose, or of a body's mass: recompute what the compiler derives from them (bounding
   * volumes, their tree, inertia, inertial frame, same-frame flags), then `commitEdits({ setConst: true })`. Each body is
   * compiled alone; one that is welded to the world keeps its inertial frame.
   */
  refreshBodies(bodies: readonly BodyRefresh[]): void;
  /** Fields this row has edited. */
  readonly edits: ReadonlyMap<ModelField, FieldValues>;
  /** stat.meaninertia (kg m²) of this row where `setConst` changed it, else null; part of the edits. */
  meanInertia: number | null;
  /** Drop every edit. */
  clearEdits(): void;

  /** mjSTATE_INTEGRATION (warm start included), then edits are the task's to restore. */
  stateSize(): number;
  getState(out: Float64Array): void;
  /** Sets the state and recomputes position and velocity stages without disturbing the warm start. */
  setState(state: Float64Array): void;
}

/** One physics library inside one thread. */
export interface Engine extends Disposable {
  readonly id: EngineId;
  /** MuJoCo version. */
  readonly version: string;
  /**
   * Compile or take from the cache; every load is paid back with one dispose.
   * @param prepare edits that every row shares, run once when the model is compiled.
   * @throws MyoError INTERNAL with MuJoCo's sentence when the text does not compile.
   */
  load(source: ModelSource, prepare?: (model: Model) => void): Model;
}
