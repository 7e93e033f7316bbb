import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../../envs/engine/physics.ts";
import { uniformBox } from "../../envs/spec.ts";
import { TERMINATED, type EnvDefinition, type Task, type TaskLayout } from "../../envs/task.ts";

/** Largest torque, N m. */
const TORQUE = 2;
/** Half-width of the start angle around hanging down, rad. */
const START_NOISE = 0.1;
/** Faster ends the episode, rad/s. */
const FASTEST = 30;
const XML = `<mujoco>
  <size memory="1M"/> <option timestep="0.005"/>
  <worldbody><body pos="0 0 1">
    <joint name="hinge" axis="0 1 0" damping="0.01"/>
    <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.02" mass="0.5"/>
  </body></worldbody>
  <actuator><motor name="torque" joint="hinge"/></actuator>
</mujoco>`;

class PendulumTask implements Task {
  readonly layout: TaskLayout;

  constructor(model: Model) {
    this.layout = {
      actionSpace: uniformBox(-TORQUE, TORQUE, model.sizes.nu),
      groups: [
        {
          name: "angle",
          shape: [2],
          unit: "1",
          names: ["cos", "sin"],
          write(p, out, offset) {
            out[offset] = Math.cos(p.qpos[0] ?? 0);
            out[offset + 1] = Math.sin(p.qpos[0] ?? 0);
          },
        },
        { name: "speed", shape: [1], unit: "rad/s", names: ["hinge"], write: (p, out, at) => out.set(p.qvel, at) },
      ],
      defaultObsKeys: ["angle", "speed"],
      terms: ["upright", "effort"],
      weights: { upright: 1, effort: 0.01 },
      hiddenTerms: [],
      frameSkip: 4,
      maxEpisodeSteps: 100,
      sensors: false,
      movesBeforeStep: false,
      muscles: [],
    };
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.qpos[0] = rng.uniform(-START_NOISE, START_NOISE);
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    ctrl[0] = Number(action[0]);
  }

  evaluate(p: Physics, action: NumericArray, terms: Float64Array): number {
    terms[0] = -Math.cos(p.qpos[0] ?? 0);
    terms[1] = -(Number(action[0]) ** 2);
    return Math.abs(p.qvel[0] ?? 0) > FASTEST ? TERMINATED : 0;
  }

  save(): null {
    return null; // no state besides the physics
  }

  load(): void {
    // nothing to restore
  }
}

/** A pendulum to swing up. */
export const PENDULUM: EnvDefinition = {
  id: "pendulum-v0",
  title: "Swing a pendulum up",
  family: "examples",
  pack: null,
  docs: {
    goal: "Swing the pendulum up and balance it.",
    action: "An action is the torque at the hinge, N m.",
    terms: { upright: "−cos q", effort: "−a²" },
    symbols: "q: angle from hanging down, rad; a: action",
    start: `q drawn uniformly from ± ${START_NOISE} rad, at rest.`,
    end: `Faster than ${FASTEST} rad/s.`,
    model: "in this file",
    licence: "Apache-2.0",
  },
  kwargsSchema: { properties: {} },
  source: () => ({ key: "pendulum", xml: XML, files: [] }),
  task: (model) => new PendulumTask(model),
};
