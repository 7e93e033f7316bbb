import type { Model, Physics } from "../../engine/physics.ts";

/** Phases of the gait in their order: early and late stance, early and late swing. */
const PHASES = ["e_stance", "l_stance", "e_swing", "l_swing"] as const;
export type OslPhase = (typeof PHASES)[number];

/** Standard gravity of the controller, m/s². */
const GRAVITY = 9.81;
const DEGREE = Math.PI / 180;
/** Largest torques of the two drives, N m. */
const KNEE_TORQUE = 142.272;
const ANKLE_TORQUE = 168.192;
/** The load is the force sensor's second component, negated. */
const LOAD_AXIS = 1;

/** Impedance of a joint: N m/rad, N m s/rad, rad. */
interface Impedance {
  readonly stiffness: number;
  readonly damping: number;
  readonly target: number;
}

type Signal = "load" | "kneeAngle" | "kneeVelocity" | "ankleAngle";

/** Leaves a phase when the signal crosses the threshold; a load's is a share of the body weight, others rad or rad/s. */
interface Transition {
  readonly signal: Signal;
  readonly side: "above" | "below";
  readonly threshold: number;
}

interface Phase {
  readonly knee: Impedance;
  readonly ankle: Impedance;
  /** Any one of them leads to the next phase. */
  readonly exits: readonly Transition[];
}

/** Impedances and transitions of MyoSuite's MyoOSLController. */
const TABLE: Readonly<Record<OslPhase, Phase>> = {
  e_stance: {
    knee: { stiffness: 99.372, damping: 3.18, target: 5 * DEGREE },
    ankle: { stiffness: 19.874, damping: 0, target: -2 * DEGREE },
    exits: [
      { signal: "load", side: "above", threshold: 0.25 },
      { signal: "ankleAngle", side: "above", threshold: 6 * DEGREE },
    ],
  },
  l_stance: {
    knee: { stiffness: 99.372, damping: 1.272, target: 8 * DEGREE },
    ankle: { stiffness: 79.498, damping: 0.063, target: -20 * DEGREE },
    exits: [{ signal: "load", side: "below", threshold: 0.15 }],
  },
  e_swing: {
    knee: { stiffness: 39.749, damping: 0.063, target: 60 * DEGREE },
    ankle: { stiffness: 7.949, damping: 0, target: 25 * DEGREE },
    exits: [
      { signal: "kneeAngle", side: "above", threshold: 50 * DEGREE },
      { signal: "kneeVelocity", side: "below", threshold: 3 * DEGREE },
    ],
  },
  l_swing: {
    knee: { stiffness: 15.899, damping: 3.816, target: 5 * DEGREE },
    ankle: { stiffness: 7.949, damping: 0, target: 15 * DEGREE },
    exits: [
      { signal: "load", side: "above", threshold: 0.4 },
      { signal: "kneeAngle", side: "below", threshold: 30 * DEGREE },
    ],
  },
};

/** One driven joint of the prosthesis. */
class Drive {
  readonly actuator: number;
  readonly #qpos: number;
  readonly #dof: number;
  readonly #torque: number;
  readonly #gear: number;
  readonly #low: number;
  readonly #high: number;

  constructor(model: Model, joint: string, actuator: string, torque: number) {
    const id = model.id("joint", joint);
    this.actuator = model.id("actuator", actuator);
    this.#qpos = model.intsBorrow("jnt_qposadr")[id] ?? 0;
    this.#dof = model.intsBorrow("jnt_dofadr")[id] ?? 0;
    this.#torque = torque;
    this.#gear = model.floatsBorrow("actuator_gear")[6 * this.actuator] ?? 1;
    const range = model.floatsBorrow("actuator_ctrlrange");
    this.#low = range[2 * this.actuator] ?? 0;
    this.#high = range[2 * this.actuator + 1] ?? 0;
  }

  angle(p: Physics): number {
    return p.qpos[this.#qpos] ?? 0;
  }

  velocity(p: Physics): number {
    return p.qvel[this.#dof] ?? 0;
  }

  /** The command of the impedance's torque; `normalized`: scaled from the ctrl range to [-1, 1], as MyoSuite does. */
  command(p: Physics, { stiffness, damping, target }: Impedance, normalized: boolean): number {
    const wanted = stiffness * (target - this.angle(p)) - damping * this.velocity(p);
    const torque = Math.min(Math.max(wanted, -this.#torque), this.#torque);
    const command = Math.min(Math.max(torque / this.#gear, this.#low), this.#high);
    if (!normalized) return command;
    return (command - (this.#low + this.#high) / 2) / ((this.#high - this.#low) / 2);
  }
}

/** The Open Source Leg's controller: a cycle of four phases, each an impedance at knee and ankle. */
export class OslController {
  phase: OslPhase = "e_stance";
  readonly #knee: Drive;
  readonly #ankle: Drive;
  readonly #load: number;
  /** Weight of the whole body, N. */
  readonly #weight: number;

  constructor(model: Model) {
    this.#knee = new Drive(model, "osl_knee_angle_r", "osl_knee_torque_actuator", KNEE_TORQUE);
    this.#ankle = new Drive(model, "osl_ankle_angle_r", "osl_ankle_torque_actuator", ANKLE_TORQUE);
    this.#load = (model.intsBorrow("sensor_adr")[model.id("sensor", "r_osl_load")] ?? 0) + LOAD_AXIS;
    this.#weight = GRAVITY * Float64Array.from(model.floatsBorrow("body_mass")).reduce((a, b) => a + b, 0);
  }

  #crossed(p: Physics, { signal, side, threshold }: Transition): boolean {
    const limit = signal === "load" ? threshold * this.#weight : threshold;
    const value = this.#read(p, signal);
    return side === "above" ? value > limit : value < limit;
  }

  #read(p: Physics, signal: Signal): number {
    switch (signal) {
      case "load":
        return -(p.sensordata[this.#load] ?? 0);
      case "kneeAngle":
        return this.#knee.angle(p);
      case "kneeVelocity":
        return this.#knee.velocity(p);
      case "ankleAngle":
        return this.#ankle.angle(p);
    }
  }

  /** At most one transition, then the two drives' commands into `ctrl`. */
  apply(p: Physics, ctrl: Float64Array, normalized: boolean): void {
    const { exits } = TABLE[this.phase];
    for (let i = 0; i < exits.length; i++) {
      const exit = exits[i];
      if (exit === undefined || !this.#crossed(p, exit)) continue;
      this.phase = PHASES[(PHASES.indexOf(this.phase) + 1) % PHASES.length] ?? "e_stance";
      break;
    }
    const { knee, ankle } = TABLE[this.phase];
    ctrl[this.#knee.actuator] = this.#knee.command(p, knee, normalized);
    ctrl[this.#ankle.actuator] = this.#ankle.command(p, ankle, normalized);
  }

  /** @param phase a saved phase; anything else is early stance. */
  load(phase: unknown): void {
    this.phase = PHASES.find((known) => known === phase) ?? "e_stance";
  }
}
