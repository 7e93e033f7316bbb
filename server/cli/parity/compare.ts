import { createEnv, findEnv, validateKwargs } from "../../../envs/registry.ts";
import type { Engine } from "../../../envs/engine/physics.ts";
import {
  rowOf,
  type MyoSuiteFacts,
  type RecordedEpisode,
  type Recording,
} from "../../../envs/packs/parity/recording.ts";
import type { MyoSuiteProcess } from "../../../envs/packs/parity/myosuite-process.ts";
import type { TaskEnv } from "../../../envs/task-env.ts";
import type { JsonObject, StepOut } from "../../../protocol/env.ts";
import { fromNdArray } from "../../../protocol/ndarray.ts";
import { plannedActions, type ActionKind } from "./actions.ts";
import { deviation, Deviations, type Place, type Section, type Worst } from "./deviations.ts";

/** `dense` is the reward, `done` the flag `terminated`: our info does not repeat them. */
const NOT_TERMS: ReadonlySet<string> = new Set(["dense", "done"]);

export interface Comparison {
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly episodes: number;
  readonly actions: ActionKind;
  readonly kwargs: JsonObject;
  /** Run without help, and from MyoSuite's state at every step. */
  readonly free: boolean;
  readonly forced: boolean;
  /** Largest |difference| / max(1, |MyoSuite's value|) that passes. */
  readonly tolerance: number;
}

/** Verdict on one environment over all seeds. */
export interface Verdict {
  readonly id: string;
  readonly ok: boolean;
  /** Differences that are no number: a flag, a missing term, another shape; one sentence each. */
  readonly unlike: readonly string[];
  readonly worst: Worst | null;
  /** Where the tolerance was left first. */
  readonly first: Worst | null;
  readonly deviations: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Runs an environment on both sides. Errors of either side become a verdict. */
export async function compareEnv(
  id: string,
  comparison: Comparison,
  engine: Engine,
  myosuite: MyoSuiteProcess,
): Promise<Verdict> {
  const found = new Findings(comparison.tolerance);
  try {
    const facts = await myosuite.make(id, comparison.kwargs);
    const definition = findEnv(id);
    const kwargs = validateKwargs(definition, comparison.kwargs);
    using env = createEnv(definition, kwargs, engine);
    compareFacts(env, facts, found);
    if (found.unlike.length === 0) {
      for (const [index, seed] of comparison.seeds.entries()) {
        // MyoSuite's Bimanual draws less in the first episode of an object; ours in the first after each seed.
        if (index > 0) await myosuite.make(id, comparison.kwargs);
        await compareSeed(env, seed, facts, comparison, myosuite, found);
      }
    }
  } catch (error) {
    found.say(error instanceof Error ? error.message : String(error));
  }
  return found.verdict(id);
}

/** What one environment's comparison has found so far. */
class Findings {
  readonly deviations: Deviations;
  readonly unlike: string[] = [];

  constructor(tolerance: number) {
    this.deviations = new Deviations(tolerance);
  }

  readonly #said = new Set<string>();

  /** Each sentence once; of those about one `matter` the first. */
  say(sentence: string, matter = sentence): void {
    if (!this.#said.has(matter)) this.unlike.push(sentence);
    this.#said.add(matter);
  }

  verdict(id: string): Verdict {
    const { first, worst } = this.deviations;
    const ok = this.unlike.length === 0 && first === null;
    return { id, ok, unlike: this.unlike, worst, first, deviations: this.deviations.toObject() };
  }
}

async function compareSeed(
  env: TaskEnv,
  seed: number,
  facts: MyoSuiteFacts,
  comparison: Comparison,
  myosuite: MyoSuiteProcess,
  found: Findings,
): Promise<void> {
  const { actions: kind, episodes, steps } = comparison;
  const { low, high } = facts.action;
  const actions = plannedActions({ kind, seed, episodes, steps }, low.values, high.values);
  const recording = await myosuite.run(seed, actions);
  compareKeys(env, recording, found);
  if (comparison.free) replay(env, { recording, seed, forced: false, actions: actions.values }, found);
  if (comparison.forced) replay(env, { recording, seed, forced: true, actions: actions.values }, found);
}

/** Shapes and bounds, before anything runs. */
function compareFacts(env: TaskEnv, facts: MyoSuiteFacts, found: Findings): void {
  const { spec } = env;
  const unlike = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) found.say(`${what} is ${String(ours)}, MyoSuite's is ${String(theirs)}`);
  };
  if (spec.act_space.type !== "box" || spec.obs_space.type !== "box") throw new Error("the spaces are no boxes");
  unlike("the number of observed values", spec.obs_space.shape[0], facts.obs_size);
  unlike("the number of action elements", spec.act_space.shape[0], facts.action.low.values.length);
  unlike("the frame skip", spec.frame_skip, facts.frame_skip);
  unlike("the step limit", spec.max_episode_steps, facts.max_episode_steps);
  const size = facts.action.low.values.length;
  for (const bound of ["low", "high"] as const) {
    const ours = fromNdArray(spec.act_space[bound]);
    const all = ours.length === 1 ? Array<number>(size).fill(Number(ours[0])) : Array.from(ours, Number);
    if (deviation(all, facts.action[bound].values) > 0) found.say(`the actions' ${bound} bounds differ`);
  }
}

/** Names of observation groups and reward terms. */
function compareKeys(env: TaskEnv, { layout, episodes }: Recording, found: Findings): void {
  const { obs_keys: groups, info_keys: terms } = env.spec;
  const ours = Object.keys(groups).join(", ");
  const theirs = layout.map(([key]) => key).join(", ");
  if (layout.length > 0 && layout[0]?.[0] !== "obs" && ours !== theirs) {
    found.say(`the observation groups are ${ours}; MyoSuite's are ${theirs}`);
  }
  const shown = Object.keys(episodes[0]?.terms ?? {}).filter((key) => !NOT_TERMS.has(key));
  for (const key of shown) if (!terms.includes(key)) found.say(`the reward term ${key} of MyoSuite is missing`);
  for (const key of terms) if (shown.length > 0 && !shown.includes(key)) found.say(`MyoSuite has no term ${key}`);
}

interface Replay {
  readonly recording: Recording;
  readonly seed: number;
  /** Put our row into MyoSuite's state before every step. */
  readonly forced: boolean;
  /** [episodes, steps, size] */
  readonly actions: Float32Array;
}

/** Our side of a recording. */
function replay(env: TaskEnv, { recording, seed, forced, actions }: Replay, found: Findings): void {
  const { episodes, resets } = recording;
  const perEpisode = actions.length / episodes.length;
  for (const [episode, reset] of resets.entries()) {
    const place = { seed, forced, episode, step: -1 };
    const section: Section = episode === 0 ? "reset" : "unseeded reset";
    compareObs(env, env.reset(episode === 0 ? seed : null), reset.obs.values, section, place, found);
    const { qpos, qvel } = env.physicsBorrow;
    found.deviations.note(section, "qpos (state)", deviation(qpos, reset.qpos.values), place);
    found.deviations.note(section, "qvel (state)", deviation(qvel, reset.qvel.values), place);
    const rows = episodes[episode];
    if (rows === undefined) continue;
    const own = actions.subarray(episode * perEpisode, (episode + 1) * perEpisode);
    replayEpisode(env, rows, own, { seed, forced, episode }, found);
  }
}

function replayEpisode(
  env: TaskEnv,
  rows: RecordedEpisode,
  actions: Float32Array,
  at: Omit<Place, "step">,
  found: Findings,
): void {
  const steps = rows.reward.values.length;
  const size = actions.length / steps;
  for (let step = 0; step < steps; step++) {
    const place = { ...at, step };
    if (at.forced && step > 0) force(env, rows, step - 1);
    const out = env.step([actions.subarray(step * size, (step + 1) * size)]);
    compareObs(env, out, rowOf(rows.obs, step), at.forced ? "forced observation" : "observation", place, found);
    compareReward(env, out, rows, place, found);
    compareFlags(out, rows, place, found);
    const state: Section = at.forced ? "forced state" : "state";
    const { qpos, qvel, ctrl } = env.physicsBorrow;
    found.deviations.note(state, "qpos", deviation(qpos, rowOf(rows.qpos, step)), place);
    found.deviations.note(state, "qvel", deviation(qvel, rowOf(rows.qvel, step)), place);
    found.deviations.note(state, "ctrl", deviation(ctrl, rowOf(rows.ctrl, step)), place);
  }
}

/** MyoSuite's state at the end of a step; the warm start stays ours. */
function force(env: TaskEnv, rows: RecordedEpisode, step: number): void {
  const p = env.physicsBorrow;
  p.qpos.set(rowOf(rows.qpos, step));
  p.qvel.set(rowOf(rows.qvel, step));
  p.act.set(rowOf(rows.act, step));
  p.time = rowOf(rows.time, step)[0] ?? NaN;
  p.touch();
}

function compareObs(
  env: TaskEnv,
  out: StepOut,
  want: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> },
  section: Section,
  place: Place,
  found: Findings,
): void {
  const got = out.obs[0] as Float32Array;
  for (const [key, { offset, shape }] of Object.entries(env.spec.obs_keys)) {
    const end = offset + shape.reduce((count, n) => count * n, 1);
    found.deviations.note(section, key, deviation(got.subarray(offset, end), want.subarray(offset, end)), place);
  }
}

function compareReward(env: TaskEnv, out: StepOut, rows: RecordedEpisode, place: Place, found: Findings): void {
  const section: Section = place.forced ? "forced reward" : "reward";
  found.deviations.note(section, "reward", deviation([out.reward], rowOf(rows.reward, place.step)), place);
  for (const [i, key] of env.spec.info_keys.entries()) {
    const term = rows.terms[key];
    if (term === undefined) continue;
    found.deviations.note(section, key, deviation([out.terms[i] ?? NaN], rowOf(term, place.step)), place);
  }
}

function compareFlags(out: StepOut, rows: RecordedEpisode, place: Place, found: Findings): void {
  for (const flag of ["terminated", "truncated"] as const) {
    const theirs = rowOf(rows[flag], place.step)[0] === 1;
    if (out[flag] === theirs) continue;
    const sentence = `${flag} is ${String(out[flag])}, MyoSuite's is ${String(theirs)}: ${whereOf(place)}`;
    found.say(sentence, `${flag} ${place.seed} ${String(place.forced)}`);
  }
}

/** A place in words. */
export function whereOf({ seed, forced, episode, step }: Place): string {
  const run = forced ? ", teacher-forced" : "";
  const moment = step < 0 ? "reset" : `step ${step}`;
  return `seed ${seed}${run}, ${episode > 0 ? `episode ${episode}, ` : ""}${moment}`;
}
