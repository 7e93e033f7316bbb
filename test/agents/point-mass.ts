import type { AgentContext, Learner, TransitionBatch } from "../../protocol/agent.ts";
import { namedStream, type Rng } from "../../protocol/random/generator.ts";
import { floatBox } from "../contract/agent-fixtures.ts";

/** Mass 1 kg on a line between walls, pushed against friction of 1 N s/m; s, N, m. */
const DT = 0.1;
const FORCE = 2;
const WALL = 1.5;
const EPISODE_STEPS = 50;

/**
 * N point masses that are to reach the origin and stay: reward 1 - x² a step, episodes of 50 steps from x in ±1, cut by time
 * alone.
 */
export class PointMasses {
  readonly numEnvs: number;
  readonly #state: Float64Array;
  readonly #time: Uint32Array;
  readonly #rng: Rng;

  constructor(numEnvs: number, seed: number) {
    this.numEnvs = numEnvs;
    this.#state = new Float64Array(2 * numEnvs);
    this.#time = new Uint32Array(numEnvs);
    this.#rng = namedStream(seed, "point-mass");
    for (let row = 0; row < numEnvs; row++) this.#reset(row);
  }

  context(seed: number): AgentContext {
    const open = [Infinity, Infinity];
    const spec = {
      obs_space: floatBox(
        open.map((x) => -x),
        open,
      ),
      act_space: floatBox([-FORCE], [FORCE]),
      obs_keys: {},
      dt: DT,
      actuators: ["force"],
    };
    return { numEnvs: this.numEnvs, seed, spec };
  }

  obs(): Float32Array {
    return Float32Array.from(this.#state);
  }

  /** A transition of all rows; rows whose time is up start anew. */
  step(action: Float32Array): TransitionBatch {
    const obs = this.obs();
    const reward = new Float64Array(this.numEnvs);
    const truncated = new Uint8Array(this.numEnvs);
    for (let row = 0; row < this.numEnvs; row++) {
      const v = this.#state[2 * row + 1]! * (1 - DT) + DT * action[row]!;
      const x = this.#state[2 * row]! + DT * v;
      const free = Math.abs(x) < WALL;
      this.#state[2 * row] = free ? x : WALL * Math.sign(x);
      this.#state[2 * row + 1] = free ? v : 0;
      reward[row] = 1 - x * x;
      truncated[row] = ++this.#time[row]! >= EPISODE_STEPS ? 1 : 0;
    }
    const nextObs = this.obs();
    for (let row = 0; row < this.numEnvs; row++) if (truncated[row]) this.#reset(row);
    return {
      obs: [obs],
      action: [action],
      reward,
      terminated: new Uint8Array(this.numEnvs),
      truncated,
      nextObs: [nextObs],
    };
  }

  #reset(row: number): void {
    this.#state[2 * row] = this.#rng.uniform(-1, 1);
    this.#state[2 * row + 1] = 0;
    this.#time[row] = 0;
  }
}

/** Let a learner act, observe and update. @param steps vector steps */
export async function train(learner: Learner, masses: PointMasses, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const [action] = learner.act([masses.obs()], "explore");
    const transitions = masses.step(action as Float32Array);
    learner.observe(transitions);
    learner.reset(transitions.truncated);
    await learner.update();
  }
}

/** Mean return of one episode a row under the best actions. */
export function evaluate(learner: Learner, numEnvs: number, seed: number): number {
  const masses = new PointMasses(numEnvs, seed);
  let total = 0;
  for (let step = 0; step < EPISODE_STEPS; step++) {
    const [action] = learner.act([masses.obs()], "exploit");
    for (const reward of masses.step(action as Float32Array).reward) total += reward;
  }
  return total / numEnvs;
}
