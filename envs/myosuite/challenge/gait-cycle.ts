import { readFileSync } from "node:fs";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model } from "../../engine/physics.ts";
import type { OslPhase } from "./osl-controller.ts";
import { quaternionToRpy, rpyToQuaternion } from "./roll-pitch-yaw.ts";

/** First row of each phase of the recorded cycle. */
const PHASE_STARTS: readonly (readonly [number, OslPhase])[] = [
  [183, "l_stance"],
  [99, "e_stance"],
  [48, "l_swing"],
  [0, "e_swing"],
];
/** Addresses of the root's orientation in qpos. */
const ROOT_QUATERNION = 3;
const JOINT_COLUMN = /^(?!pelvis_|[lr]_foot_)/;

/** Recorded start states of walking with the prosthesis, one a row. */
export class GaitCycle {
  readonly #rows: readonly Float64Array[];
  readonly #columns: readonly string[];
  /** Column and address in qpos of each joint. */
  readonly #joints: readonly (readonly [number, number])[];

  /** @param path comma-separated table with a line of column names. */
  constructor(model: Model, path: string) {
    const [head = "", ...lines] = readFileSync(path, "utf8").trim().split("\n");
    const address = model.intsBorrow("jnt_qposadr");
    this.#columns = head.trim().split(",");
    this.#rows = lines.map((line) => Float64Array.from(line.split(","), Number));
    this.#joints = this.#columns.flatMap((name, column) =>
      JOINT_COLUMN.test(name) ? [[column, address[model.id("joint", name)] ?? 0] as const] : [],
    );
  }

  /**
   * Draw a row into a start state that holds the standing pose.
   * @returns the phase of the prosthesis.
   */
  draw(rng: Rng, qpos: Float64Array, qvel: Float64Array): OslPhase {
    const index = rng.integers(0, this.#rows.length);
    const row = this.#rows[index] ?? new Float64Array();
    const value = (column: string): number => row[this.#columns.indexOf(column)] ?? 0;
    for (const [column, at] of this.#joints) qpos[at] = row[column] ?? 0;
    const standing = new Float64Array(3);
    quaternionToRpy(qpos, ROOT_QUATERNION, standing);
    const angles = [value("pelvis_euler_roll"), value("pelvis_euler_pitch"), value("pelvis_euler_yaw")];
    rpyToQuaternion(angles, qpos, ROOT_QUATERNION);
    const cos = Math.cos(standing[2] ?? 0);
    const sin = Math.sin(standing[2] ?? 0);
    const [vx, vy] = [value("pelvis_vel_X"), value("pelvis_vel_Y")];
    qvel.fill(0);
    qvel[0] = cos * vx - sin * vy;
    qvel[1] = sin * vx + cos * vy;
    qvel[2] = value("pelvis_vel_Z");
    return PHASE_STARTS.find(([first]) => index >= first)?.[1] ?? "e_swing";
  }
}
