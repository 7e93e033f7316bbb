import type { Json } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { uniformBox } from "../spec.ts";
import type { EnvDefinition, Kwargs, ObsGroupSpec, Task, TaskLayout } from "../task.ts";
import {
  arm26MuscleNames,
  arm26Xml,
  BASE_MUSCLES,
  ELBOW_RANGE,
  SHOULDER_RANGE,
  TIP_DISTANCE,
  UPPER_ARM_LENGTH,
} from "./arm26-model.ts";
import { excite, jointGroups, meanSquare } from "./muscle-task.ts";

/** Tip to target, m: nearer counts as solved where nobody says otherwise, and the widest that may be asked for. */
const RADIUS = 0.05;
const MAX_RADIUS = 0.5;
/** Shoulder and elbow at the start, rad, and the half width of the noise around them. */
const START = [0.6, 1.2] as const;
const START_NOISE = 0.1;
/** Targets lie where the tip gets with joint angles this share away from each end of the range. */
const TARGET_MARGIN = 0.1;
const FRAME_SKIP = 5;
/** 2 s */
const MAX_EPISODE_STEPS = 200;
const MAX_MUSCLES = 600;

const DENSE_WEIGHTS = { reach: 1, solved: 1, act_reg: 0.1 };
const SPARSE_WEIGHTS = { solved: 1 };

/** A point of the plane, m. */
function planeGroup(name: string, at: (p: Physics, axis: number) => number): ObsGroupSpec {
  return {
    name,
    shape: [2],
    unit: "m",
    names: ["x", "y"],
    write(p, out, offset) {
      out[offset] = at(p, 0);
      out[offset + 1] = at(p, 1);
    },
  };
}

interface Options {
  readonly copies: number;
  readonly sparse: boolean;
  /** m */
  readonly radius: number;
}

class Arm26Reach implements Task {
  readonly layout: TaskLayout;
  readonly #tip: number;
  readonly #radius: number;

  constructor(model: Model, { copies, sparse, radius }: Options) {
    this.#radius = radius;
    const tip = 3 * model.id("site", "tip");
    this.#tip = tip;
    const muscles = arm26MuscleNames(copies);
    const tipAt = (p: Physics, axis: number): number => p.siteXpos[tip + axis] ?? 0;
    const targetAt = (p: Physics, axis: number): number => p.mocapPos[axis] ?? 0;
    this.layout = {
      actionSpace: uniformBox(0, 1, muscles.length),
      groups: [
        ...jointGroups(model, START.length),
        planeGroup("tip_pos", tipAt),
        planeGroup("target_pos", targetAt),
        planeGroup("reach_err", (p, axis) => targetAt(p, axis) - tipAt(p, axis)),
      ],
      defaultObsKeys: ["qpos", "qvel", "tip_pos", "target_pos", "reach_err"],
      terms: ["reach", "solved", "act_reg"],
      weights: sparse ? SPARSE_WEIGHTS : DENSE_WEIGHTS,
      hiddenTerms: [],
      frameSkip: FRAME_SKIP,
      maxEpisodeSteps: MAX_EPISODE_STEPS,
      sensors: false,
      movesBeforeStep: false,
      muscles,
    };
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    const { qpos, mocapPos } = p;
    for (let j = 0; j < START.length; j++) qpos[j] = (START[j] ?? 0) + rng.uniform(-START_NOISE, START_NOISE);
    const shoulder = drawInside(rng, SHOULDER_RANGE);
    const elbow = drawInside(rng, ELBOW_RANGE);
    mocapPos[0] = UPPER_ARM_LENGTH * Math.cos(shoulder) + TIP_DISTANCE * Math.cos(shoulder + elbow);
    mocapPos[1] = UPPER_ARM_LENGTH * Math.sin(shoulder) + TIP_DISTANCE * Math.sin(shoulder + elbow);
    mocapPos[2] = 0;
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    excite(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { siteXpos, mocapPos, act } = p;
    const dx = (mocapPos[0] ?? 0) - (siteXpos[this.#tip] ?? 0);
    const dy = (mocapPos[1] ?? 0) - (siteXpos[this.#tip + 1] ?? 0);
    const distance = Math.sqrt(dx * dx + dy * dy);
    terms[0] = -distance;
    terms[1] = distance < this.#radius ? 1 : 0;
    terms[2] = -meanSquare(act);
    return 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // The target is a mocap pose: part of the physics state.
  }
}

function drawInside(rng: Rng, [low, high]: readonly [number, number]): number {
  const margin = TARGET_MARGIN * (high - low);
  return rng.uniform(low + margin, high - margin);
}

const copiesOf = (kwargs: Kwargs): number => Number(kwargs["muscles"]) / BASE_MUSCLES;

/** Planar arm of 6…600 muscles that reaches a random target; README.md gives units and sources. */
export const ARM26_REACH: EnvDefinition = {
  id: "arm26-reach-v0",
  title: "Planar arm reaches a target with 6 to 600 muscles",
  family: "builtin",
  pack: null,
  docs: {
    goal: "Bring the tip of a planar arm to a target and hold it there.",
    action: "An action in [0, 1] is the excitation of its muscle.",
    terms: { reach: "−d", solved: "[d < radius]", act_reg: "−mean(act²)" },
    symbols: "d = |target − tip|, m",
    start: `Shoulder ${START[0]} and elbow ${START[1]} rad, to each a number drawn uniformly from ± ${START_NOISE} rad is added; at rest, activations 0. Then the target: the tip's place at joint angles drawn uniformly from the inner ${100 * (1 - 2 * TARGET_MARGIN)} % of both ranges.`,
    end: "Never.",
    groups: { reach_err: "target − tip" },
    model: "planar arm of [builtin/README.md](../builtin/README.md), written by `builtin/arm26-model.ts`",
    licence: "Apache-2.0 (this project)",
  },
  kwargsSchema: {
    properties: {
      muscles: {
        type: "integer",
        minimum: BASE_MUSCLES,
        maximum: MAX_MUSCLES,
        multipleOf: BASE_MUSCLES,
        default: BASE_MUSCLES,
        description: "Number of muscles: each of the six is split into parallel ones of the same total force.",
      },
      radius: {
        type: "number",
        exclusiveMinimum: 0,
        maximum: MAX_RADIUS,
        default: RADIUS,
        description: "Distance from the target below which the task is solved, m.",
      },
      sparse: { type: "boolean", default: false, description: "Reward 1 where solved, else 0." },
    },
  },
  source: (kwargs) => {
    const copies = copiesOf(kwargs);
    return { key: `arm26/${copies}`, xml: arm26Xml(copies), files: [] };
  },
  task: (model, kwargs) =>
    new Arm26Reach(model, {
      copies: copiesOf(kwargs),
      sparse: kwargs["sparse"] === true,
      radius: Number(kwargs["radius"]),
    }),
};
