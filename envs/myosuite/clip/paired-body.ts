import { qposNames, qvelNames } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { ROOT_QPOS, ROOT_QVEL } from "./full-body-obs.ts";

/** One of two like bodies in a model: its elements follow each other in qpos, qvel and act. */
export class PairedBody {
  readonly name: string;
  /** Elements of one body. */
  readonly nq: number;
  readonly nv: number;
  readonly na: number;
  readonly qposFrom: number;
  readonly qvelFrom: number;
  readonly actFrom: number;
  readonly #site: number;
  readonly #sensor: number;

  /** @param index 0 or 1 */
  constructor(model: Model, index: 0 | 1, prefix: string) {
    this.name = `agent_${index}`;
    this.nq = model.sizes.nq / 2;
    this.nv = model.sizes.nv / 2;
    this.na = model.sizes.na / 2;
    this.qposFrom = index * this.nq;
    this.qvelFrom = index * this.nv;
    this.actFrom = index * this.na;
    this.#site = model.id("site", `${prefix}pelvis_site`);
    this.#sensor = model.intsBorrow("sensor_adr")[model.id("sensor", `${prefix}pelvis_site_vel`)] ?? 0;
  }

  /** Coordinate of the pelvis, m. */
  pelvis({ siteXpos }: Physics, i: number): number {
    return siteXpos[3 * this.#site + i] ?? 0;
  }

  /** Velocity of the pelvis, m/s. */
  velocity({ sensordata }: Physics, i: number): number {
    return sensordata[this.#sensor + i] ?? 0;
  }

  /** Distance from the other's pelvis in the leading `axes` axes, m. */
  distance(p: Physics, other: PairedBody, axes: 2 | 3): number {
    let sum = 0;
    for (let i = 0; i < axes; i++) sum += (other.pelvis(p, i) - this.pelvis(p, i)) ** 2;
    return Math.sqrt(sum);
  }

  /** What this body sees: itself, the other one, and its role, [1, 0] for the chaser. */
  group(model: Model, other: PairedBody, chases: () => boolean): ObsGroupSpec {
    const { nq, nv, na } = this;
    const acts = Array.from({ length: na }, (_, i) => `act.${model.name("actuator", this.actFrom + i)}`);
    const names = [
      ...qposNames(model).slice(this.qposFrom, this.qposFrom + nq),
      ...qvelNames(model)
        .slice(this.qvelFrom, this.qvelFrom + nv)
        .map((joint) => `vel.${joint}`),
      ...acts,
      ...["pelvis", "pelvis_vel", "opponent", "opponent_vel"].flatMap((part) => AXES.map((axis) => `${part}.${axis}`)),
      "opponent.distance",
      "role.chaser",
      "role.runner",
    ];
    return {
      name: this.name,
      shape: [names.length],
      unit: "rad, rad/s, m, m/s, 1",
      names,
      write: (p, out, offset) => {
        out.set(p.qpos.subarray(this.qposFrom, this.qposFrom + nq), offset);
        out.set(p.qvel.subarray(this.qvelFrom, this.qvelFrom + nv), offset + nq);
        out.set(p.act.subarray(this.actFrom, this.actFrom + na), offset + nq + nv);
        this.#writePelvises(p, other, out, offset + nq + nv + na);
        out[offset + names.length - 2] = chases() ? 1 : 0;
        out[offset + names.length - 1] = chases() ? 0 : 1;
      },
    };
  }

  #writePelvises(p: Physics, other: PairedBody, out: Float32Array, offset: number): void {
    for (let i = 0; i < 3; i++) {
      out[offset + i] = this.pelvis(p, i);
      out[offset + 3 + i] = this.velocity(p, i);
      out[offset + 6 + i] = other.pelvis(p, i) - this.pelvis(p, i);
      out[offset + 9 + i] = other.velocity(p, i) - this.velocity(p, i);
    }
    out[offset + 12] = this.distance(p, other, 3);
  }

  /** Likeness of the joint angles to a clip's frame (qpos rows of one body): exp(-scale x mean square), root apart. */
  likeAngles({ qpos }: Physics, clip: Float64Array, frame: number, scale: number): number {
    return likeness(qpos, this.qposFrom, clip, frame * this.nq, ROOT_QPOS, this.nq, scale);
  }

  /** As `likeAngles`, of joint velocities (qvel rows). */
  likeVelocities({ qvel }: Physics, clip: Float64Array, frame: number, scale: number): number {
    return likeness(qvel, this.qvelFrom, clip, frame * this.nv, ROOT_QVEL, this.nv, scale);
  }
}

function likeness(
  values: Float64Array,
  from: number,
  clip: Float64Array,
  row: number,
  root: number,
  size: number,
  scale: number,
): number {
  let sum = 0;
  for (let i = root; i < size; i++) sum += ((values[from + i] ?? 0) - (clip[row + i] ?? 0)) ** 2;
  return Math.exp((-scale * sum) / (size - root));
}
