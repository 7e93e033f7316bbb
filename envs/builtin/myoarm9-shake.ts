import type { Json } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { uniformBox } from "../spec.ts";
import type { EnvDefinition, Task, TaskLayout } from "../task.ts";
import { excite, jointGroups, meanSquare } from "./muscle-task.ts";
import { MYOARM9_MUSCLES, myoarm9Xml, SLOSH_MASS } from "./myoarm9-model.ts";

/** Flexion, abduction, rotation and elbow at the start, rad: the bottle upright in front; and the noise around them. */
const START = [0.3, 0.1, 0, 1.2] as const;
const START_NOISE = 0.1;
const HINGES = START.length;
/** Index of the liquid's slide joint in qpos and qvel. */
const SLOSH = HINGES;
const FRAME_SKIP = 5;
/** 10 s */
const MAX_EPISODE_STEPS = 1000;
const WEIGHTS = { shake: 1, act_reg: 0.1 };

class Myoarm9Shake implements Task {
  readonly layout: TaskLayout;

  constructor(model: Model) {
    const bottle = 3 * model.id("site", "bottle");
    this.layout = {
      actionSpace: uniformBox(0, 1, MYOARM9_MUSCLES.length),
      groups: [
        ...jointGroups(model, HINGES),
        {
          name: "slosh",
          shape: [2],
          unit: "m, m/s",
          names: ["position", "velocity"],
          write(p, out, offset) {
            out[offset] = p.qpos[SLOSH] ?? 0;
            out[offset + 1] = p.qvel[SLOSH] ?? 0;
          },
        },
        {
          name: "bottle_pos",
          shape: [3],
          unit: "m",
          names: ["x", "y", "z"],
          write(p, out, offset) {
            for (let axis = 0; axis < 3; axis++) out[offset + axis] = p.siteXpos[bottle + axis] ?? 0;
          },
        },
      ],
      defaultObsKeys: ["qpos", "qvel", "slosh", "bottle_pos"],
      terms: ["shake", "energy", "act_reg"],
      weights: WEIGHTS,
      hiddenTerms: [],
      frameSkip: FRAME_SKIP,
      maxEpisodeSteps: MAX_EPISODE_STEPS,
      sensors: false,
      movesBeforeStep: false,
      muscles: MYOARM9_MUSCLES,
    };
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    const { qpos } = p;
    for (let j = 0; j < HINGES; j++) qpos[j] = (START[j] ?? 0) + rng.uniform(-START_NOISE, START_NOISE);
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    excite(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { qvel, act } = p;
    const velocity = qvel[SLOSH] ?? 0;
    terms[0] = Math.abs(velocity);
    terms[1] = 0.5 * SLOSH_MASS * velocity * velocity;
    terms[2] = -meanSquare(act);
    return 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // All of the task's state is physics.
  }
}

/** Arm with a bottle in the hand, rewarded for shaking it; README.md gives units and sources. */
export const MYOARM9_SHAKE: EnvDefinition = {
  id: "myoarm9-shake-v0",
  title: "Arm of 9 muscles shakes a bottle",
  family: "builtin",
  pack: null,
  docs: {
    goal: "Shake a half-full bottle: move the liquid along it.",
    action: "An action in [0, 1] is the excitation of its muscle.",
    terms: { shake: "|v|", energy: "m v² / 2, J", act_reg: "−mean(act²)" },
    symbols: `v: velocity of the liquid along the bottle, relative to it, m/s; m = ${SLOSH_MASS} kg`,
    start: `Flexion, abduction, rotation and elbow at (${START.join(", ")}) rad, to each a number drawn uniformly from ± ${START_NOISE} rad is added; the liquid in the middle; at rest, activations 0.`,
    end: "Never.",
    groups: { slosh: "liquid in the bottle" },
    model: "arm with a bottle of [builtin/README.md](../builtin/README.md), written by `builtin/myoarm9-model.ts`",
    licence: "Apache-2.0 (this project)",
  },
  kwargsSchema: { properties: {} },
  source: () => ({ key: "myoarm9", xml: myoarm9Xml(), files: [] }),
  task: (model) => new Myoarm9Shake(model),
};
