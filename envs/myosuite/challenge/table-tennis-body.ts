import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { offsetGroup, positionGroup, separation, siteSlice, sliceGroup, type Slice } from "./slice-groups.ts";
import { qposNames, qvelNames } from "../obs-groups.ts";

const PADDLE_BODY = "paddle";
const FREE_JOINTS = ["paddle_freejoint", "pingpong_freejoint"];
const AXES = ["x", "y", "z"];
const QUATERNION = ["w", "x", "y", "z"];
/** Roll and pitch of the paddle that the reward wants, rad: rotations about x, then about the new y. */
const PADDLE_ROLL = -0.3;
const PADDLE_PITCH = 1.57;

function wantedPaddle(): Float64Array {
  const [cx, sx] = [Math.cos(PADDLE_ROLL / 2), Math.sin(PADDLE_ROLL / 2)];
  const [cy, sy] = [Math.cos(PADDLE_PITCH / 2), Math.sin(PADDLE_PITCH / 2)];
  return Float64Array.of(cx * cy, sx * cy, cx * sy, sx * sy);
}

function sensorSlice(model: Model, name: string): Slice {
  const sensor = model.id("sensor", name);
  const first = model.intsBorrow("sensor_adr")[sensor] ?? 0;
  const count = model.intsBorrow("sensor_dim")[sensor] ?? 0;
  return { of: (p) => p.sensordata, at: Int32Array.from({ length: count }, (_, i) => first + i) };
}

/** The player, the paddle and the ball. */
export class TableTennisBody {
  readonly #ball: Slice;
  readonly #paddle: Slice;
  readonly #palm: Slice;
  readonly #orientation: Slice;
  /** Wanted orientation of the paddle, as a quaternion. */
  readonly #wanted = wantedPaddle();
  /** Address in qpos of the torso's flexion. */
  readonly #flexion: number;

  constructor(model: Model) {
    this.#ball = siteSlice(model, "pingpong");
    this.#paddle = siteSlice(model, "paddle");
    this.#palm = siteSlice(model, "S_grasp");
    const paddle = 4 * model.id("body", PADDLE_BODY);
    this.#orientation = { of: (p) => p.xquat, at: Int32Array.of(paddle, paddle + 1, paddle + 2, paddle + 3) };
    this.#flexion = model.intsBorrow("jnt_qposadr")[model.id("joint", "flex_extension")] ?? 0;
  }

  ballHeight(p: Physics): number {
    return p.siteXpos[this.#ball.at[2] ?? 0] ?? 0;
  }

  /** Distance of the paddle from the ball, m. */
  reach(p: Physics): number {
    return separation(p, this.#paddle, this.#ball);
  }

  /** Distance of the palm from the paddle, m. */
  palmDistance(p: Physics): number {
    return separation(p, this.#palm, this.#paddle);
  }

  /** Distance of the paddle's quaternion from the wanted one. */
  paddleError(p: Physics): number {
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      const d = this.#paddleError(p, i);
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  #paddleError(p: Physics, i: number): number {
    return (p.xquat[this.#orientation.at[i] ?? 0] ?? 0) - (this.#wanted[i] ?? 0);
  }

  /** Flexion of the torso, rad, without sign. */
  torsoFlexion(p: Physics): number {
    return Math.abs(p.qpos[this.#flexion] ?? 0);
  }

  /** Groups that follow from the state alone. */
  groups(model: Model): ObsGroupSpec[] {
    return [
      positionGroup("pelvis_pos", siteSlice(model, "pelvis")),
      ...this.#jointGroups(model),
      positionGroup("ball_pos", this.#ball),
      sliceGroup("ball_vel", "m/s", AXES, sensorSlice(model, "pingpong_vel_sensor")),
      positionGroup("paddle_pos", this.#paddle),
      sliceGroup("paddle_vel", "m/s", AXES, sensorSlice(model, "paddle_vel_sensor")),
      sliceGroup("paddle_ori", "1", QUATERNION, this.#orientation),
      this.#orientationError(),
      offsetGroup("reach_err", this.#paddle, this.#ball),
      positionGroup("palm_pos", this.#palm),
      offsetGroup("palm_err", this.#palm, this.#paddle),
    ];
  }

  #jointGroups(model: Model): ObsGroupSpec[] {
    const joints = Int32Array.from({ length: model.sizes.njnt }, (_, id) => id).filter(
      (id) => !FREE_JOINTS.includes(model.name("joint", id)),
    );
    const addresses = model.intsBorrow("jnt_qposadr");
    const dofs = model.intsBorrow("jnt_dofadr");
    const qpos = joints.map((id) => addresses[id] ?? 0);
    const qvel = joints.map((id) => dofs[id] ?? 0);
    const positions = qposNames(model);
    const velocities = qvelNames(model);
    return [
      sliceGroup(
        "body_qpos",
        "rad",
        Array.from(qpos, (i) => positions[i] ?? ""),
        { of: (p) => p.qpos, at: qpos },
      ),
      sliceGroup(
        "body_qvel",
        "rad/s",
        Array.from(qvel, (i) => velocities[i] ?? ""),
        { of: (p) => p.qvel, at: qvel },
      ),
    ];
  }

  /** The name is MyoSuite's. */
  #orientationError(): ObsGroupSpec {
    return {
      name: "padde_ori_err",
      shape: [QUATERNION.length],
      unit: "1",
      names: QUATERNION,
      write: (p, out, offset) => {
        for (let i = 0; i < QUATERNION.length; i++) out[offset + i] = this.#paddleError(p, i);
      },
    };
  }
}
