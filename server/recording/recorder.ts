import { qposNames, qvelNames } from "../../envs/coordinates.ts";
import { JOINT_BALL, JOINT_FREE, JOINT_SLIDE } from "../../envs/engine/mujoco-enums.ts";
import type { Model, Physics } from "../../envs/engine/physics.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { Feet, knownFeet } from "./feet.ts";
import { columnShapes, SIDES, type Recording, type RecordingColumns, type RecordingMeta } from "./recording.ts";

/** mjDYN_NONE: the actuator has no activation. */
const DYN_NONE = 0;

/** Rows of each column. */
type Rows = Readonly<Record<keyof RecordingColumns, Float64Array[]>>;

/** Who acted and in what; see `RecordingMeta`. */
export interface RecordingOrigin {
  readonly kwargs: JsonObject;
  readonly seed: number;
  readonly agent: JsonObject;
  /** Bodies of the right and the left foot; absent: those of a known model, else none. */
  readonly feet?: readonly [right: string, left: string];
}

/** Units of a joint's elements in qpos and qvel, by mjtJoint. */
function jointUnits(type: number): { readonly qpos: readonly string[]; readonly qvel: readonly string[] } {
  const [place, quaternion] = [Array<string>(3).fill("m"), Array<string>(4).fill("1")];
  const [speed, turn] = [Array<string>(3).fill("m/s"), Array<string>(3).fill("rad/s")];
  if (type === JOINT_FREE) return { qpos: [...place, ...quaternion], qvel: [...speed, ...turn] };
  if (type === JOINT_BALL) return { qpos: quaternion, qvel: turn };
  return type === JOINT_SLIDE ? { qpos: ["m"], qvel: ["m/s"] } : { qpos: ["rad"], qvel: ["rad/s"] };
}

function metaOf(
  { spec }: TaskEnv,
  model: Model,
  origin: RecordingOrigin,
  feet: readonly string[] | null,
  mass: number,
) {
  const { kwargs, seed, agent } = origin;
  const units = Array.from(model.intsBorrow("jnt_type"), jointUnits);
  const dynamics = model.intsBorrow("actuator_dyntype");
  const actuators = Array.from({ length: model.sizes.nu }, (_, id) => model.name("actuator", id));
  const meta: RecordingMeta = {
    env: spec.id,
    kwargs,
    seed,
    agent,
    engine: spec.engine,
    model_sha256: spec.model_sha256,
    dt: spec.dt,
    mass,
    qpos_names: qposNames(model),
    qpos_units: units.flatMap(({ qpos }) => qpos),
    qvel_names: qvelNames(model),
    qvel_units: units.flatMap(({ qvel }) => qvel),
    act_names: actuators.filter((_, id) => dynamics[id] !== DYN_NONE),
    ctrl_names: actuators,
    feet,
  };
  return meta;
}

/**
 * Rows of one environment. Forces are those at the moment of a row, found on a second state of the same model, so that a
 * recorded run is bit for bit the run without a recorder.
 */
export class Recorder implements Disposable {
  readonly #env: TaskEnv;
  readonly #meta: RecordingMeta;
  readonly #feet: Feet | null;
  readonly #measured: Physics;
  readonly #state: Float64Array;
  readonly #rows: Rows;
  /** Of the row at hand. */
  readonly #root = new Float64Array(3);
  readonly #positions = new Float64Array(3 * SIDES.length);
  readonly #forces = new Float64Array(3 * SIDES.length);
  #episode = -1;

  /** @throws MyoError BAD_OPTIONS for feet that the model lacks. */
  constructor(env: TaskEnv, origin: RecordingOrigin) {
    const { model } = env.physicsBorrow;
    const names = origin.feet ?? knownFeet(model);
    this.#env = env;
    this.#feet = names === null ? null : new Feet(model, names);
    const mass = this.#feet?.mass ?? model.floatsBorrow("body_subtreemass")[0] ?? 0;
    this.#meta = metaOf(env, model, origin, names, mass);
    this.#measured = model.createPhysics({ sensors: false });
    this.#state = new Float64Array(this.#measured.stateSize());
    const columns = Object.keys(columnShapes(this.#meta)) as (keyof RecordingColumns)[];
    this.#rows = Object.fromEntries(columns.map((name) => [name, []])) as unknown as Rows;
  }

  /** The state after a reset. */
  begin(): void {
    this.#episode += 1;
    this.#copyEdits();
    this.#row(0);
  }

  /** The state after a control step. */
  step(reward: number): void {
    this.#row(reward);
  }

  finish(): Recording {
    const entries = Object.entries(this.#rows).map(([name, rows]) => [name, joined(rows)] as const);
    const columns = Object.fromEntries(entries) as unknown as RecordingColumns;
    return { meta: this.#meta, rows: this.#rows.time.length, columns };
  }

  [Symbol.dispose](): void {
    this.#measured[Symbol.dispose]();
  }

  /** What an episode draws of the model: terrain, masses. */
  #copyEdits(): void {
    const p = this.#env.physicsBorrow;
    const measured = this.#measured;
    measured.clearEdits();
    for (const [field, values] of p.edits) measured.edit(field).set(values);
    if (p.meanInertia !== null) measured.meanInertia = p.meanInertia;
    measured.commitEdits();
  }

  #row(reward: number): void {
    const p = this.#env.physicsBorrow;
    this.#measure(p);
    const rows = this.#rows;
    rows.time.push(Float64Array.of(p.time));
    rows.episode.push(Float64Array.of(this.#episode));
    rows.qpos.push(p.qpos.slice());
    rows.qvel.push(p.qvel.slice());
    rows.act.push(p.act.slice());
    rows.ctrl.push(p.ctrl.slice());
    rows.reward.push(Float64Array.of(reward));
    rows.root_position.push(this.#root.slice());
    rows.foot_position.push(this.#positions.slice());
    rows.foot_force.push(this.#forces.slice());
  }

  #measure(p: Physics): void {
    if (this.#feet === null) return;
    p.getState(this.#state);
    this.#measured.setState(this.#state);
    this.#feet.rootPosition(this.#measured, this.#root);
    this.#feet.positions(this.#measured, this.#positions);
    this.#feet.forces(this.#measured, this.#forces);
  }
}

function joined(rows: readonly Float64Array[]): Float64Array {
  const width = rows[0]?.length ?? 0;
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => out.set(row, i * width));
  return out;
}
