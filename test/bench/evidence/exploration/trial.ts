import { JointCoverage } from "../../../../agents/core/coverage.ts";
import type { Engine } from "../../../../envs/engine/physics.ts";
import { createEnv, findEnv, validateKwargs } from "../../../../envs/registry.ts";
import type { EnvSpec, JointInfo } from "../../../../protocol/env.ts";
import { createController } from "./controllers.ts";
import { JointGrid } from "./joint-grid.ts";
import { LatchingMeter, type Latching } from "./latching.ts";
import type { ControllerConfig, Method, World } from "./plan.ts";

/** continuing: never reset. */
export type Regime = "episodes" | "continuing";

/** One trial and everything that decides its outcome, beside the engine. */
export interface Trial {
  readonly world: World;
  readonly regime: Regime;
  readonly method: Method;
  readonly setting: ControllerConfig;
  readonly seed: number;
  /** Control steps. */
  readonly steps: number;
}

export interface TrialResult extends Latching {
  readonly coverage: number;
}

interface ChosenJoints {
  readonly joints: readonly JointInfo[];
  /** Their places among `spec.joints`. */
  readonly places: Int32Array;
}

function chosenJoints(world: World, spec: EnvSpec): ChosenJoints {
  const names = world.joints ?? spec.joints.map(({ name }) => name);
  const places = Int32Array.from(names, (name) => spec.joints.findIndex((joint) => joint.name === name));
  const joints = Array.from(places, (place, i) => {
    const joint = spec.joints[place];
    if (joint === undefined) throw new Error(`${world.id} has no joint ${names[i] ?? ""}.`);
    return joint;
  });
  return { joints, places };
}

/** Same engine, same trial: same result, bit for bit. */
export function runTrial(trial: Trial, engine: Engine): TrialResult {
  const { world, regime, seed, steps } = trial;
  const definition = findEnv(world.id);
  using env = createEnv(definition, validateKwargs(definition, world.kwargs), engine, { seed });
  const { spec } = env;
  const { joints, places } = chosenJoints(world, spec);
  const { kind, bins } = world.coverage;
  const coverage = kind === "grid" ? new JointGrid(joints, bins) : new JointCoverage(joints, bins);
  const latching = new LatchingMeter(joints);
  const controller = createController(trial.setting, { spec, seed, copies: world.copies });
  const all = new Float64Array(spec.joints.length);
  const positions = new Float64Array(places.length);
  let out = env.reset(seed);
  for (let step = 0; step < steps; step++) {
    if (regime === "episodes" && step > 0 && step % world.episode === 0) {
      out = env.reset(null);
      controller.restart();
    }
    out = env.step([controller.act(out.obs[0] as Float32Array)]);
    if (out.error !== null) throw new Error(`${world.name}, ${trial.method}, seed ${seed}: ${out.error}`);
    env.jointPositions(all);
    for (let j = 0; j < places.length; j++) positions[j] = all[places[j] ?? 0] ?? NaN;
    coverage.visit(positions);
    latching.visit(positions);
  }
  return { coverage: coverage.mean(), ...latching.result() };
}
