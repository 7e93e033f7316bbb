import type { Catalog, CatalogEntry, EnvHost } from "../../server/catalog.ts";
import type { Env, EnvSpec, JsonObject, RowOut, RowState, Scene, Snapshot, StepOut } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { toNdArray, type NumericArray } from "../../protocol/ndarray.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";
import type { Space } from "../../protocol/spaces.ts";
import { validateAgainst } from "../../protocol/validate.ts";

/** Environments whose numbers a test can predict, and which misbehave when told to. */
const IDS: readonly CatalogEntry[] = [
  { id: "walk-v0", title: "Random walk", family: "fake", pack: null },
  { id: "choice-v0", title: "Discrete action", family: "fake", pack: null },
  { id: "packed-v0", title: "Needs a pack", family: "fake", pack: "fake" },
  { id: "lost-v0", title: "Needs a pack that cannot be had", family: "fake", pack: "none" },
];

const KWARGS_SCHEMA: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: {
    /** Steps until the goal (terminated); the limit (truncated) is two more than the longest. */
    goal: { type: "integer", minimum: 1, default: 1000 },
    limit: { type: "integer", minimum: 1, default: 1000 },
    /** An action element beyond this kills the worker, throws, diverges. */
    trouble: { type: "number", default: 1e9 },
    kind: { type: "string", enum: ["crash", "throw", "diverge"], default: "diverge" },
    /** Busy time of a step, ms. */
    work: { type: "number", default: 0 },
  },
};

const OPTIONS_SCHEMA: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: { start: { type: "number" } },
};

const box = (dtype: "<f4" | "<f8", shape: number[]): Space => ({
  type: "box",
  dtype,
  shape,
  low: toNdArray(dtype, [1], dtype === "<f4" ? new Float32Array([-1]) : new Float64Array([-1])),
  high: toNdArray(dtype, [1], dtype === "<f4" ? new Float32Array([1]) : new Float64Array([1])),
});

const MODEL_XML = "<mujoco model='walk'/>";
export const MODEL_SHA256 = "c".repeat(64);

/** Position, step, last action; the position drifts by seeded noise. Reward: action + position. */
export class FakeEnv implements Env {
  readonly spec: EnvSpec;
  readonly #kwargs: Readonly<Record<string, number | string>>;
  #rng: Rng;
  #position = 0;
  #steps = 0;

  constructor(id: string, kwargs: JsonObject, seed: number | null) {
    if (id === "broken-v0") throw new MyoError("BAD_OPTIONS", "broken-v0 cannot be built; use another.");
    this.#kwargs = kwargs as Record<string, number | string>;
    this.#rng = createRng(seed ?? 0);
    const group = (offset: number) => ({ shape: [1], offset, unit: "1", names: [] });
    this.spec = {
      id,
      title: id,
      obs_space: box("<f4", [3]),
      act_space: id === "choice-v0" ? { type: "discrete", n: 3, start: -1 } : box("<f4", [2]),
      obs_keys: { position: group(0), steps: group(1), action: group(2) },
      obs_available: ["position", "steps", "action", "muscle"],
      info_keys: ["distance", "effort"],
      reward_weights: { distance: 1, effort: 1 },
      autoreset_modes: ["next_step", "same_step", "disabled"],
      max_episode_steps: Number(kwargs["limit"]),
      dt: 0.01,
      frame_skip: 1,
      nondeterministic: false,
      kwargs_schema: KWARGS_SCHEMA,
      options_schema: OPTIONS_SCHEMA,
      model_sha256: MODEL_SHA256,
      engine: "fake 1",
      actuators: ["left", "right"],
      joints: [
        { name: "hip", qpos: 0, range: [-1, 1] },
        { name: "free", qpos: 1, range: [0, 0] },
      ],
    };
  }

  reset(): StepOut {
    throw new Error("Workers use resetInto.");
  }

  step(): StepOut {
    throw new Error("Workers use stepInto.");
  }

  resetInto(seed: number | null, options: JsonObject | undefined, out: RowOut): void {
    if (seed !== null) this.#rng = createRng(seed);
    this.#position = typeof options?.["start"] === "number" ? options["start"] : this.#rng.uniform(-1, 1);
    this.#steps = 0;
    this.#write(0, out);
    Object.assign(out, { reward: 0, terminated: false, truncated: false, error: null });
  }

  stepInto(action: readonly NumericArray[], out: RowOut): void {
    const first = Number(action[0]?.[0] ?? 0);
    const end = performance.now() + Number(this.#kwargs["work"] ?? 0);
    while (performance.now() < end);
    const trouble = first > Number(this.#kwargs["trouble"]);
    if (trouble && this.#kwargs["kind"] === "crash") process.exit(7);
    if (trouble && this.#kwargs["kind"] === "throw") throw new Error("told to");
    this.#steps++;
    this.#position += 0.1 * this.#rng.uniform(-1, 1) + 0.01 * first;
    this.#write(first, out);
    out.reward = first + this.#position;
    out.terminated = trouble || this.#steps >= Number(this.#kwargs["goal"]);
    out.truncated = this.#steps >= Number(this.#kwargs["limit"]);
    out.error = trouble ? "The simulation diverged; lower the action." : null;
  }

  snapshot(): Snapshot {
    return new TextEncoder().encode(JSON.stringify([this.#position, this.#steps, this.#rng.save()]));
  }

  restore(snapshot: Snapshot): void {
    let state: [number, number, Parameters<Rng["load"]>[0]];
    try {
      state = JSON.parse(new TextDecoder().decode(snapshot)) as typeof state;
    } catch {
      throw new MyoError("BAD_OPTIONS", "The bytes are no snapshot of walk-v0; send those of env.snapshot.");
    }
    [this.#position, this.#steps] = state;
    this.#rng.load(state[2]);
  }

  restorer(snapshot: Snapshot): () => void {
    return () => {
      this.restore(snapshot);
    };
  }

  scene(): Scene {
    const empty = new Float64Array();
    return {
      model_sha256: MODEL_SHA256,
      xpos: new Float64Array([this.#position, 0, 0]),
      xquat: new Float64Array([1, 0, 0, 0]),
      qpos: new Float64Array([this.#position]),
      mocap_pos: empty,
      mocap_quat: empty,
      act: empty,
      edits: {},
    };
  }

  state(obsKeys: readonly string[]): RowState {
    return {
      time: this.#steps * 0.01,
      qpos: new Float64Array([this.#position]),
      qvel: new Float64Array(),
      act: new Float64Array(),
      obs: Object.fromEntries(obsKeys.map((key) => [key, { shape: [1], values: new Float32Array([this.#steps]) }])),
      terms: {},
    };
  }

  jointPositions(out: Float64Array): void {
    out[0] = this.#position;
  }

  [Symbol.dispose](): void {
    this.#steps = 0;
  }

  #write(action: number, out: RowOut): void {
    const [obs] = out.obs;
    if (obs === undefined) return;
    obs[0] = this.#position;
    obs[1] = this.#steps;
    obs[2] = action;
    out.terms[0] = Math.abs(this.#position);
    out.terms[1] = action * action;
  }
}

/** Packs that were pulled in this process; a worker asks nobody. */
const pulled = new Set<string>();

export const catalog: Catalog = {
  list: () => IDS,
  find(id) {
    const entry = IDS.find((candidate) => candidate.id === id);
    if (entry !== undefined) return entry;
    throw new MyoError("ENV_UNKNOWN", `There is no environment "${id}"; did you mean "walk-v0"?`);
  },
  kwargs: (id, kwargs) => validateAgainst(KWARGS_SCHEMA, kwargs, `kwargs of ${id}`),
  installed: (pack) => pulled.has(pack),
  async pull(pack, progress) {
    progress("pulling");
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (pack === "none")
      throw new MyoError("MODEL_MISSING", "The pack none cannot be had; run: npx myoserve models pull none");
    pulled.add(pack);
  },
  model: () => ({ key: "walk", xml: MODEL_XML, files: [{ name: "leg.stl", path: new URL(import.meta.url).pathname }] }),
  openHost: (): Promise<EnvHost> =>
    Promise.resolve({ engine: "fake 1", create: (id, kwargs, seed) => new FakeEnv(id, kwargs as JsonObject, seed) }),
};
