import { Type } from "@sinclair/typebox";
import type { Model } from "../engine/physics.ts";
import { axisIndex, CentreOfMass } from "./body.ts";
import { AxisName, entry, named, quantity } from "./fields.ts";
import { termSchema, type TermValue } from "./reward-term.ts";
import type { Scene } from "./scene.ts";

/** m/s² */
const GRAVITY = 9.81;

/** N */
function weightOf(model: Model): number {
  return GRAVITY * Float64Array.from(model.floatsBorrow("body_mass")).reduce((sum, mass) => sum + mass, 0);
}

function firstValues(sensors: readonly string[], scene: Scene): Int32Array {
  return Int32Array.from(sensors, (name) => scene.model.intsBorrow("sensor_adr")[scene.id("sensor", name)] ?? 0);
}

/** Sum of the magnitudes of the forces on bodies, N; the world takes none. */
function forcesOn(bodies: Int32Array, model: Model): TermValue {
  const forces = new Float64Array(3 * model.sizes.nbody);
  return (p) => {
    p.externalForces(forces);
    let sum = 0;
    for (let i = 0; i < bodies.length; i++) {
      const at = 3 * (bodies[i] ?? 0);
      sum += Math.hypot(forces[at] ?? 0, forces[at + 1] ?? 0, forces[at + 2] ?? 0);
    }
    return sum;
  };
}

/** exp(−(v − v*)²) below the wanted speed, 1 from it on; s is the sign of the speed. */
function towards(v: number, speed: number): number {
  const lag = Math.abs(speed) - Math.sign(speed) * v;
  return lag > 0 ? Math.exp(-lag * lag) : 1;
}

function meanLimitForce(joints: Int32Array, model: Model): TermValue {
  const forces = new Float64Array(model.sizes.njnt);
  return (p) => {
    p.jointLimitForces(forces);
    let sum = 0;
    for (let i = 0; i < joints.length; i++) sum += forces[joints[i] ?? 0] ?? 0;
    return joints.length === 0 ? 0 : -sum / joints.length;
  };
}

/**
 * Terms of natural walking: go no faster than needed, tread lightly, move smoothly, with few muscles, off the joints'
 * limits and on the feet alone.
 */
export const GAIT_REWARDS = {
  velocity_up_to: entry(
    termSchema(
      "velocity_up_to",
      {
        axis: AxisName("World axis."),
        speed: Type.Number({ description: "Wanted velocity, m/s; negative: against the axis." }),
      },
      "exp(-(missing velocity)²) below a wanted velocity of the centre of mass, 1 from it on.",
    ),
    ({ axis, speed }) => `exp(−max(0, ${Math.abs(speed)} − velocity along ${speed < 0 ? "−" : ""}${axis})²)`,
    ({ axis, speed }, { model }: Scene): TermValue => {
      const centre = new CentreOfMass(model);
      const index = axisIndex(axis);
      return (p) => towards(centre.velocity(p, index), speed);
    },
  ),
  contact_load_cost: entry(
    termSchema(
      "contact_load_cost",
      {
        sensors: Type.Array(named("touch sensor"), { minItems: 1, uniqueItems: true }),
        above: quantity("Load that is free, body weights.", { minimum: 0 }),
      },
      "-max(0, load - above): sum of touch sensors in weights of the whole model.",
    ),
    ({ sensors, above }) => `−max(0, (${sensors.join(" + ")}) / body weight − ${above})`,
    ({ sensors, above }, scene: Scene): TermValue => {
      const places = firstValues(sensors, scene);
      const weight = weightOf(scene.model);
      return (p) => {
        let load = 0;
        for (let i = 0; i < places.length; i++) load += p.sensordata[places[i] ?? 0] ?? 0;
        return -Math.max(0, load / weight - above);
      };
    },
  ),
  body_contact_cost: entry(
    termSchema(
      "body_contact_cost",
      {
        except: Type.Array(named("body"), { uniqueItems: true, description: "Bodies that may touch: the feet." }),
        limit: Type.Number({ exclusiveMinimum: 0, default: 100, description: "Force that counts at most, N." }),
      },
      "-min(limit, force) / limit: magnitudes of the contact forces on all bodies but some, summed.",
    ),
    ({ except, limit }) =>
      `−min(${limit} N, Σ |contact force| of every body${except.length === 0 ? "" : ` but ${except.join(", ")}`}) / ${limit} N`,
    ({ except, limit }, scene: Scene): TermValue => {
      const spared = new Set(except.map((name) => scene.id("body", name)));
      const { nbody } = scene.model.sizes;
      const bodies = Int32Array.from({ length: nbody - 1 }, (_, i) => i + 1).filter((body) => !spared.has(body));
      const force = forcesOn(bodies, scene.model);
      return (p, action, ended) => -Math.min(limit, force(p, action, ended)) / limit;
    },
  ),
  ctrl_change_cost: entry(
    termSchema(
      "ctrl_change_cost",
      {},
      "-mean((ctrl - ctrl of the step before)²); 0 before the first step of an episode.",
    ),
    () => "−mean((ctrl − ctrl of the step before)²)",
    (_config, { previousCtrl }: Scene): TermValue =>
      ({ ctrl }) => {
        let sum = 0;
        for (let i = 0; i < ctrl.length; i++) sum += ((ctrl[i] ?? 0) - (previousCtrl[i] ?? 0)) ** 2;
        return ctrl.length === 0 ? 0 : -sum / ctrl.length;
      },
  ),
  active_muscle_cost: entry(
    termSchema(
      "active_muscle_cost",
      { above: Type.Number({ default: 0.15, description: "Activation from which a muscle counts as active." }) },
      "-share of the activations that are above a threshold.",
    ),
    ({ above }) => `−share of muscles whose activation is above ${above}`,
    ({ above }): TermValue =>
      ({ act }) => {
        let active = 0;
        for (let i = 0; i < act.length; i++) if ((act[i] ?? 0) > above) active += 1;
        return act.length === 0 ? 0 : -active / act.length;
      },
  ),
  joint_limit_cost: entry(
    termSchema(
      "joint_limit_cost",
      {
        joints: Type.Optional(
          Type.Array(named("hinge or slide joint"), {
            minItems: 1,
            description: "All hinge and slide joints where absent.",
          }),
        ),
      },
      "-mean magnitude of the joints' limit forces, N m (hinge) or N (slide).",
    ),
    ({ joints }) => `−mean |limit force| of ${joints?.join(", ") ?? "every hinge and slide joint"}`,
    ({ joints }, scene: Scene): TermValue => {
      const chosen = joints?.map((name) => scene.joint(name)) ?? scene.joints;
      return meanLimitForce(
        Int32Array.from(chosen, ({ name }) => scene.id("joint", name)),
        scene.model,
      );
    },
  ),
};
