import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ReplayBatch } from "../../agents/core/replay/replay.ts";
import { MPO_DEFAULTS } from "../../agents/mpo/config.ts";
import { DUAL, dualOf } from "../../agents/mpo/loss.ts";
import { MpoLearner, type NoiseSource } from "../../agents/mpo/learner.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";
import { plainTensors } from "./plain-tensors.ts";

/** What `record-mpo.py` wrote of depRL's own updaters on torch. */
interface Recording {
  readonly seed: number;
  readonly updates: number;
  readonly obs: number;
  readonly actions: number;
  readonly hidden: number;
  readonly batch: number;
  readonly samples: number;
  readonly state: readonly (readonly [string, number])[];
  readonly metrics: readonly (readonly [string, number])[];
  readonly drawn_sha256: string;
}

type Parts = Readonly<Record<string, Float32Array>>;

interface Draws {
  readonly batch: ReplayBatch;
  /** [S, B, D] of the critic's update, then of the actor's */
  readonly noise: readonly [Float32Array, Float32Array];
}

const file = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));
const recording = JSON.parse(file("mpo-deprl.json").toString()) as Recording;
const { obs, actions, hidden, batch: B, samples: S, updates } = recording;

/** Rows of named parts, one after the other. */
function rowsOf(values: Float32Array, layout: Recording["state"], count: number): Parts[] {
  let at = 0;
  return Array.from({ length: count }, () =>
    Object.fromEntries(layout.map(([name, size]) => [name, values.subarray(at, (at += size))] as const)),
  );
}

const sizeOf = (layout: Recording["state"]): number => layout.reduce((sum, [, size]) => sum + size, 0);

function readStates(): { states: Parts[]; metrics: Parts[] } {
  const bytes = file("mpo-deprl.bin");
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const split = (updates + 1) * sizeOf(recording.state);
  return {
    states: rowsOf(values.subarray(0, split), recording.state, updates + 1),
    metrics: rowsOf(values.subarray(split), recording.metrics, updates),
  };
}

/** One batch and its noise, as `draw` of the script draws them. */
function draw(rng: Rng): Draws {
  const normals = (count: number): Float64Array => {
    const out = new Float64Array(count);
    rng.standardNormalInto(out);
    return out;
  };
  const now = normals(B * obs);
  const action = normals(B * actions).map((x) => 0.7 * x);
  const next = normals(B * obs).map((x, i) => 0.9 * now[i]! + 0.3 * x);
  const uniforms = new Float64Array(B);
  rng.randomInto(uniforms);
  const reward = Float32Array.from({ length: B }, (_, b) => {
    const miss = action[b * actions]! - 0.5 * now[b * obs]!;
    return 1 - miss * miss + 0.3 * action[b * actions + 1]! * now[b * obs + 1]!;
  });
  const batch = {
    obs: Float32Array.from(now),
    action: Float32Array.from(action),
    nextObs: Float32Array.from(next),
    reward,
    discount: Float32Array.from(uniforms, (u) => (u < 0.1 ? 0 : 0.99)),
    index: new Uint32Array(B),
  };
  const noise = () => Float32Array.from(normals(S * B * actions));
  return { batch, noise: [noise(), noise()] };
}

class QueuedNoise implements NoiseSource {
  readonly state = new Uint32Array(1);
  readonly queue: Float32Array[] = [];

  fill(out: Float32Array): void {
    out.set(this.queue.shift()!);
  }
}

/** Our learner that takes recorded states and draws. */
class Follower {
  readonly #noise = new QueuedNoise();
  readonly learner = new MpoLearner(
    plainTensors(),
    { obs, actions },
    { ...MPO_DEFAULTS, hidden: [hidden, hidden], batch_size: B, samples: S },
    createRng(0),
    this.#noise,
  );

  /** @param steps gradient steps that led to this state. */
  load(state: Parts, steps: number): void {
    const arrays: Readonly<Record<string, unknown>> = this.learner.state.arrays;
    for (const [name, values] of Object.entries(state)) (arrays[name] as Float32Array).set(values);
    for (const name of ["actor", "critic", "dual"]) (arrays[`${name}_adam_steps`] as Float64Array)[0] = steps;
    this.learner.touch();
  }

  update({ batch, noise }: Draws): void {
    this.#noise.queue.push(...noise);
    this.learner.learn(batch);
  }

  part(name: string): Float32Array {
    return (this.learner.state.arrays as Record<string, unknown>)[name] as Float32Array;
  }
}

/**
 * A temperature's gradient is what is left of epsilon + mean lse - ln S - mean w q / eta, about 1e-3 of terms that are ln S
 * and larger, which torch subtracts in f32: four roundings of ln S, of which the first moment takes the share 1 - beta1.
 * (Update 999: torch finds -1.019525e-3 for the penalty, the same terms in f64 give -1.019738e-3.)
 */
const DUAL_MOMENT_ROUNDING = 0.1 * 4 * 2 ** -24 * Math.log(S);

/** Largest deviation of a vector, relative to its largest element. @param rounding of the recorded numbers themselves */
function deviation(actual: Float32Array, wanted: Float32Array, rounding = 0): number {
  const most = (values: Iterable<number>): number => {
    let top = 0;
    for (const value of values) top = Math.max(top, Math.abs(value));
    return top;
  };
  return Math.max(0, most(actual.map((value, i) => value - wanted[i]!)) - rounding) / most(wanted);
}

const { states, metrics } = readStates();
const rng = createRng(recording.seed);
const draws = Array.from({ length: updates }, () => draw(rng));

/** Largest deviation of all parts that a checkpoint holds. */
function worst(follower: Follower, wanted: Parts): readonly [number, string] {
  const found = recording.state.map(([name]) => {
    const rounding = name === "dual_adam_m" ? DUAL_MOMENT_ROUNDING : 0;
    return [deviation(follower.part(name), wanted[name]!, rounding), name] as const;
  });
  return found.reduce((a, b) => (a[0] > b[0] ? a : b));
}

describe("MPO in lock-step with depRL 0.5.0", () => {
  it("draws the batches and the noise that were recorded", () => {
    const digest = createHash("sha256");
    for (const { batch, noise } of draws) {
      const { obs: now, action, nextObs, reward, discount } = batch;
      for (const array of [now, action, nextObs, reward, discount, ...noise])
        digest.update(new Uint8Array(array.buffer));
    }
    expect(digest.digest("hex")).toBe(recording.drawn_sha256);
  });

  it("one update from each of 1,000 states agrees to 1e-5", () => {
    const follower = new Follower();
    let top: readonly [number, string] = [0, ""];
    for (let step = 0; step < updates; step++) {
      follower.load(states[step]!, step);
      follower.update(draws[step]!);
      const found = worst(follower, states[step + 1]!);
      if (found[0] > top[0]) top = [found[0], `${found[1]} of update ${step}`];
    }
    expect(top[0], top[1]).toBeLessThan(1e-5);
  });

  it("ten free-running updates agree to 1e-4, wherever they start", () => {
    const follower = new Follower();
    let top: readonly [number, string] = [0, ""];
    for (let start = 0; start + 10 <= updates; start += 10) {
      follower.load(states[start]!, start);
      for (let step = start; step < start + 10; step++) follower.update(draws[step]!);
      const found = worst(follower, states[start + 10]!);
      if (found[0] > top[0]) top = [found[0], `${found[1]} after update ${start + 9}`];
    }
    expect(top[0], top[1]).toBeLessThan(1e-4);
  });

  it("losses, KLs and duals stay within 2 % over 1,000 free-running updates", () => {
    const follower = new Follower();
    follower.load(states[0]!, 0);
    const { learner } = follower;
    const gaps: Record<string, number> = {};
    /** Relative to the recorded size, and no less than a hundredth of the largest recorded, where a figure crosses zero. */
    const note = (name: string, actual: number, wanted: number): void => {
      const floor = 0.01 * Math.max(...metrics.map((row) => Math.abs(row[name]![0]!)));
      gaps[name] = Math.max(gaps[name] ?? 0, Math.abs(actual - wanted) / Math.max(Math.abs(wanted), floor));
    };
    for (let step = 0; step < updates; step++) {
      const before = Float64Array.from(learner.duals, dualOf);
      follower.update(draws[step]!);
      const row = metrics[step]!;
      const { report } = learner;
      const scalars: Record<string, number> = {
        critic_loss: report.critic_loss,
        policy_mean_loss: report.policy_mean_loss,
        policy_std_loss: report.policy_std_loss,
        kl_mean_loss: report.kl_mean_loss,
        kl_std_loss: report.kl_std_loss,
        alpha_mean_loss: report.alpha_mean_loss,
        alpha_std_loss: report.alpha_std_loss,
        temperature_loss: report.temperature_loss + report.penalty_temperature_loss,
        temperature: before[DUAL.temperature]!,
        penalty_temperature: before[DUAL.penaltyTemperature]!,
      };
      for (const [name, value] of Object.entries(scalars)) note(name, value, row[name]![0]!);
      row["alpha_mean"]!.forEach((value, d) => note("alpha_mean", before[DUAL.alphas + d]!, value));
      row["alpha_std"]!.forEach((value, d) => note("alpha_std", before[DUAL.alphas + actions + d]!, value));
    }
    for (const [name, gap] of Object.entries(gaps)) expect(gap, name).toBeLessThan(0.02);
  });
});
