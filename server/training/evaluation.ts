import type { Learner } from "../../protocol/agent.ts";
import type { Buffers, StepBatch, VectorEnv } from "../../protocol/env.ts";
import { allocate } from "../../protocol/ndarray.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import { scatterRows, takeBuffers } from "../vector/gather.ts";
import { SuccessRule } from "./success.ts";

/** How often an episode is played again whose row was lost; more is no accident. */
const MAX_REPEATS = 3;

/** Best actions for rows [R, …]; no state is left behind. */
export type Actor = (obs: Buffers) => Buffers;

/** How many episodes, and from which seeds: episode e starts from seed + e. */
export interface EpisodePlan {
  readonly episodes: number;
  readonly seed: number;
}

/** E episodes. */
export interface EpisodeResults {
  /** [E] */
  readonly returns: Float64Array;
  /** [E] steps */
  readonly lengths: Uint32Array;
  /** What the environment says of being solved; null where it does not. */
  readonly solved: SolvedEpisodes | null;
}

/** E episodes of an environment that says when it is solved. */
export interface SolvedEpisodes {
  /** [E] 1: success by `SuccessRule` */
  readonly success: Uint8Array;
  /** [E] steps that were solved */
  readonly steps: Uint32Array;
  /** [E] 1: the last step was */
  readonly atEnd: Uint8Array;
}

/**
 * A learner's best actions for R rows, R at most its own N; exploration stays as it is.
 * @param layouts of the observation
 */
export function actorOf(learner: Learner, numEnvs: number, layouts: readonly BufferLayout[]): Actor {
  const padded = layouts.map(({ dtype, size }) => allocate(dtype, numEnvs * size));
  return (obs) => {
    // Both have one element type; the union of their `set` methods accepts none.
    padded.forEach((target, b) => (target as Float32Array).set(obs[b] as Float32Array));
    return learner.act(padded, "exploit");
  };
}

const solvedEpisodes = (episodes: number): SolvedEpisodes => ({
  success: new Uint8Array(episodes),
  steps: new Uint32Array(episodes),
  atEnd: new Uint8Array(episodes),
});

/** Episodes on the rows of an environment; a row that is through takes the next. */
class Episodes {
  readonly #env: VectorEnv;
  readonly #plan: EpisodePlan;
  readonly #obs: Buffers;
  readonly #obsLayouts: readonly BufferLayout[];
  readonly #actionLayouts: readonly BufferLayout[];
  readonly #success: SuccessRule;
  /** [R] episode of each row; -1: none is left for it. */
  readonly #episode: Int32Array;
  readonly #results: EpisodeResults;
  /** [E] how often the episode was begun again. */
  readonly #repeats: Uint8Array;
  /** Rows whose episode is to be begun again. */
  readonly #again = new Set<number>();
  #begun = 0;

  constructor(env: VectorEnv, plan: EpisodePlan) {
    this.#env = env;
    this.#plan = plan;
    const { obs_space, act_space, info_keys } = env.spec;
    this.#obsLayouts = layoutOf(obs_space).buffers;
    this.#actionLayouts = layoutOf(act_space).buffers;
    this.#obs = this.#obsLayouts.map(({ dtype, size }) => allocate(dtype, env.numEnvs * size));
    this.#success = new SuccessRule(info_keys, env.numEnvs);
    this.#episode = new Int32Array(env.numEnvs).fill(-1);
    this.#repeats = new Uint8Array(plan.episodes);
    this.#results = {
      returns: new Float64Array(plan.episodes),
      lengths: new Uint32Array(plan.episodes),
      solved: this.#success.known ? solvedEpisodes(plan.episodes) : null,
    };
  }

  /** @param stopped asked before each step; what is not over by then does not count */
  async play(act: Actor, stopped: () => boolean): Promise<EpisodeResults | null> {
    const all = Uint32Array.from(this.#episode, (_, row) => row);
    await this.#begin(all);
    while (this.#episode.some((episode) => episode >= 0)) {
      if (stopped()) return null;
      const rows = all.filter((row) => (this.#episode[row] ?? -1) >= 0);
      const actions = takeBuffers(act(this.#obs), this.#actionLayouts, rows);
      const batch = await this.#env.step(actions, rows);
      scatterRows(batch.obs, this.#obsLayouts, rows, this.#obs);
      const over = this.#count(batch, rows);
      if (over.length > 0) await this.#begin(over);
    }
    return this.#results;
  }

  /** @returns rows whose episode is over */
  #count({ reward, terms, terminated, truncated, errors }: StepBatch, rows: Uint32Array): Uint32Array {
    const { returns, lengths } = this.#results;
    return rows.filter((row, i) => {
      const episode = this.#episode[row] ?? 0;
      // Only a row that whoever has it has lost is truncated with an error; its episode is the same again.
      if (truncated[i] === 1 && errors?.has(row) === true && this.#repeat(row, episode)) return true;
      returns[episode] = (returns[episode] ?? 0) + (reward[i] ?? 0);
      lengths[episode] = (lengths[episode] ?? 0) + 1;
      const solved = this.#success.step(row, terms, i);
      if ((terminated[i] ?? 0) === 0 && (truncated[i] ?? 0) === 0) return false;
      this.#close(row, episode, solved);
      return true;
    });
  }

  /** @returns false where the episode was begun too often */
  #repeat(row: number, episode: number): boolean {
    const { returns, lengths } = this.#results;
    if ((this.#repeats[episode] ?? 0) >= MAX_REPEATS) return false;
    this.#repeats[episode] = (this.#repeats[episode] ?? 0) + 1;
    returns[episode] = 0;
    lengths[episode] = 0;
    this.#success.end(row, false);
    this.#again.add(row);
    return true;
  }

  /** @param last whether the episode's last step was solved */
  #close(row: number, episode: number, last: boolean): void {
    const { solved } = this.#results;
    if (solved === null) return;
    solved.steps[episode] = this.#success.counts[row] ?? 0;
    solved.atEnd[episode] = last ? 1 : 0;
    solved.success[episode] = this.#success.end(row, last);
  }

  /** The next episode for each of these rows, as long as there are any. */
  async #begin(rows: Uint32Array): Promise<void> {
    const { episodes, seed } = this.#plan;
    const mask = new Uint8Array(this.#env.numEnvs);
    const seeds = new Array<number | null>(this.#env.numEnvs).fill(null);
    for (const row of rows) {
      const next = this.#again.delete(row) ? (this.#episode[row] ?? -1) : this.#begun < episodes ? this.#begun++ : -1;
      this.#episode[row] = next;
      if (next < 0) continue;
      mask[row] = 1;
      seeds[row] = seed + next;
    }
    if (!mask.includes(1)) return;
    const { obs } = await this.#env.reset(seeds, mask);
    const fresh = rows.filter((row) => mask[row] === 1);
    scatterRows(takeBuffers(obs, this.#obsLayouts, fresh), this.#obsLayouts, fresh, this.#obs);
  }
}

/**
 * Play episodes without exploration.
 * @param env with autoreset disabled
 * @param stopped ends it early
 * @returns null where it was ended
 */
export function playEpisodes(
  env: VectorEnv,
  plan: EpisodePlan,
  act: Actor,
  stopped: () => boolean = () => false,
): Promise<EpisodeResults | null> {
  return new Episodes(env, plan).play(act, stopped);
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum / values.length;
};

/** Means of E episodes. */
export interface EvaluationSummary {
  readonly return: number;
  readonly length: number;
  /** Null where the environment does not say when it is solved. */
  readonly solved: SolvedSummary | null;
  /** Orders evaluations: by success, then by return. */
  readonly score: number;
}

/** Shares: of episodes that are a success, of all steps, of episodes whose last step was solved. */
export interface SolvedSummary {
  readonly success: number;
  readonly steps: number;
  readonly atEnd: number;
}

/** Successes as whole numbers with the return squeezed into (0, 1) beside them; the return alone where there are none. */
export function summarise({ returns, lengths, solved }: EpisodeResults): EvaluationSummary {
  const [average, length] = [mean(returns), mean(lengths)];
  if (solved === null) return { return: average, length, solved, score: average };
  const { success, steps, atEnd } = solved;
  const shares = { success: mean(success), steps: mean(steps) / length, atEnd: mean(atEnd) };
  const score = success.length * shares.success + 0.5 + Math.atan(average) / Math.PI;
  return { return: average, length, solved: shares, score };
}
