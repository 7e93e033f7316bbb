import { qposNames, qvelNames } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import {
  AXES,
  bodyQuaternion,
  elementGroup,
  gatherGroup,
  offsetGroup,
  separation,
  sitePosition,
  span,
  type Gather,
} from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";

const PADDLE_BODY = "paddle";
const FREE_JOINTS = ["paddle_freejoint", "pingpong_freejoint"];
const QUATERNION = ["w", "x", "y", "z"];
/** Roll and pitch of the paddle that the reward wants, rad: rotations about x, then about the new y. */
const PADDLE_ROLL = -0.3;
const PADDLE_PITCH = 1.57;

function wantedPaddle(): Float64Array {
  const [cx, sx] = [Math.cos(PADDLE_ROLL / 2), Math.sin(PADDLE_ROLL / 2)];
  const [cy, sy] = [Math.cos(PADDLE_PITCH / 2), Math.sin(PADDLE_PITCH / 2)];
  return Float64Array.of(cx * cy, sx * cy, cx * sy, sx * sy);
}

/** Velocity that a sensor measures, m/s. */
function velocitySensor(model: Model, name: string): Gather {
  const first = model.intsBorrow("sensor_adr")[model.id("sensor", name)] ?? 0;
  return { unit: "m/s", names: AXES, source: (p) => p.sensordata, at: span(first, AXES.length) };
}

/** The player, the paddle and the ball. */
export class TableTennisBody {
  readonly #ball: Gather;
  readonly #paddle: Gather;
  readonly #palm: Gather;
  readonly #orientation: Gather;
  /** Wanted orientation of the paddle, as a quaternion. */
  readonly #wanted = wantedPaddle();
  /** Address in qpos of the torso's flexion. */
  readonly #flexion: number;

  constructor(model: Model) {
    this.#ball = sitePosition(model, "pingpong");
    this.#paddle = sitePosition(model, "paddle");
    this.#palm = sitePosition(model, "S_grasp");
    this.#orientation = { ...bodyQuaternion(model, PADDLE_BODY), names: QUATERNION };
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
      gatherGroup("pelvis_pos", sitePosition(model, "pelvis")),
      ...this.#jointGroups(model),
      gatherGroup("ball_pos", this.#ball),
      gatherGroup("ball_vel", velocitySensor(model, "pingpong_vel_sensor")),
      gatherGroup("paddle_pos", this.#paddle),
      gatherGroup("paddle_vel", velocitySensor(model, "paddle_vel_sensor")),
      gatherGroup("paddle_ori", this.#orientation),
      // The name is MyoSuite's.
      elementGroup("padde_ori_err", "1", QUATERNION, (p, i) => this.#paddleError(p, i)),
      offsetGroup("reach_err", this.#paddle, this.#ball),
      gatherGroup("palm_pos", this.#palm),
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
    const elements = (all: readonly string[], at: Int32Array): string[] => Array.from(at, (i) => all[i] ?? "");
    return [
      gatherGroup("body_qpos", {
        unit: "rad",
        names: elements(qposNames(model), qpos),
        source: (p) => p.qpos,
        at: qpos,
      }),
      gatherGroup("body_qvel", {
        unit: "rad/s",
        names: elements(qvelNames(model), qvel),
        source: (p) => p.qvel,
        at: qvel,
      }),
    ];
  }
}
