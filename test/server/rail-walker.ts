import type { Agent } from "../../protocol/agent.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Model, Physics } from "../../envs/engine/physics.ts";
import { uniformBox } from "../../envs/spec.ts";
import type { EnvDefinition, Task, TaskLayout } from "../../envs/task.ts";

/** The walk of the walker: a stride's time (s), the share of it on the ground, and the reach of a leg ahead (m). */
export const STRIDE = { time: 0.8, stance: 0.6, reach: 0.15 };
/** Way of the root in the time that a foot is on the ground, over that time. */
export const SPEED = (2 * STRIDE.reach) / (STRIDE.stance * STRIDE.time);
/** Mass of all that moves, kg: trunk, two hips, two feet. */
export const MASS = 40 + 2 * 0.5 + 2 * 1;
/** Lift of a swinging foot, m. */
const LIFT = 0.06;

const leg = (side: "r" | "l", y: number): string => `
  <body name="hip_${side}" pos="0 ${y} 0">
    <joint name="swing_${side}" type="slide" axis="1 0 0"/>
    <inertial pos="0 0 0" mass="0.5" diaginertia="0.01 0.01 0.01"/>
    <body name="foot_${side}" pos="0 0 -0.5">
      <joint name="lift_${side}" type="slide" axis="0 0 1"/>
      <geom type="box" size="0.1 0.04 0.02" mass="1" friction="3 0.01 0.001"/>
    </body>
  </body>`;

/** A trunk on rails (forward and up) with two telescopic legs: steps with true contacts, and cannot fall over. */
const XML = `<mujoco>
  <size memory="1M"/> <option timestep="0.002" integrator="implicitfast" cone="elliptic" impratio="10"/>
  <worldbody>
    <geom name="floor" type="plane" size="50 5 1" friction="3 0.01 0.001"/>
    <body name="trunk" pos="0 0 0.52">
      <joint name="ahead" type="slide" axis="1 0 0"/> <joint name="up" type="slide" axis="0 0 1"/>
      <inertial pos="0 0 0" mass="40" diaginertia="1 1 1"/>
      ${leg("r", -0.1)} ${leg("l", 0.1)}
    </body>
  </worldbody>
  <actuator>
    <position name="swing_r" joint="swing_r" kp="20000" dampratio="1"/>
    <position name="lift_r" joint="lift_r" kp="20000" dampratio="1"/>
    <position name="swing_l" joint="swing_l" kp="20000" dampratio="1"/>
    <position name="lift_l" joint="lift_l" kp="20000" dampratio="1"/>
  </actuator>
</mujoco>`;

class RailWalkerTask implements Task {
  readonly layout: TaskLayout;

  constructor(model: Model) {
    this.layout = {
      actionSpace: uniformBox(-1, 1, model.sizes.nu),
      groups: [{ name: "time", shape: [1], unit: "s", names: [], write: (p, out, offset) => (out[offset] = p.time) }],
      defaultObsKeys: ["time"],
      terms: ["alive"],
      weights: { alive: 1 },
      hiddenTerms: [],
      frameSkip: 1,
      maxEpisodeSteps: 3500,
      sensors: false,
      movesBeforeStep: false,
      muscles: [],
    };
  }

  reset(p: Physics): void {
    p.resetData();
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    for (let i = 0; i < ctrl.length; i++) ctrl[i] = Number(action[i]);
  }

  evaluate(_p: Physics, _action: NumericArray, terms: Float64Array): number {
    terms[0] = 1;
    return 0;
  }

  save(): null {
    return null;
  }

  load(): void {
    // Without state of its own.
  }
}

export const RAIL_WALKER: EnvDefinition = {
  id: "rail-walker-v0",
  title: "Rail walker",
  family: "test",
  pack: null,
  kwargsSchema: { type: "object", properties: {}, additionalProperties: false },
  source: () => ({ key: "rail walker", xml: XML, files: [] }),
  task: (model) => new RailWalkerTask(model),
};

/** Place of a foot ahead of the hip and its height at a phase of its stride, both m. */
function footAt(phase: number): readonly [number, number] {
  const { stance, reach } = STRIDE;
  const share = phase < stance ? phase / stance : (phase - stance) / (1 - stance);
  if (phase < stance) return [reach - 2 * reach * share, 0];
  return [-reach + reach * (1 - Math.cos(Math.PI * share)), LIFT * Math.sin(Math.PI * share)];
}

/** An open loop: feet go to their places by the clock. Nothing of it is learnt. */
export function clockwork(): Agent {
  return {
    act: ([time]) => {
      const phase = (Number(time?.[0]) / STRIDE.time) % 1;
      return [Float32Array.from([...footAt(phase), ...footAt((phase + 0.5) % 1)])];
    },
    observe: () => undefined,
    update: () => Promise.resolve({}),
    reset: () => undefined,
    checkpoint: () => Promise.resolve(new Uint8Array(0)),
    restore: () => Promise.resolve(),
    [Symbol.dispose]: () => undefined,
  };
}
