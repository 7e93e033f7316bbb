import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { findAgent, resolveConfig } from "../../agents/registry.ts";
import type { ActMode, Agent, AgentContext } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";
import type { BoxSpace } from "../../protocol/spaces.ts";

/*
 * Axes: N rows, F elements of an observation, A actions.
 */

/** Sizes of the 80-muscle legs: what the policy sees, and the group `muscle` that DEP reads behind it. */
const POLICY_OBS = 403;
const MUSCLES = 80;
const MUSCLE_ROWS = 4;
const OBS = POLICY_OBS + MUSCLE_ROWS * MUSCLES;
const ROWS = 64;
/** Steps of the motion, played in a circle. */
const TAPE = 64;
/** Share of the last step in the next one of the motion. */
const SMOOTHNESS = 0.9;
const HIDDEN = [256, 256];
/** Steps of all rows in which DEP alone acts: all there will be, or one. */
const FOREVER = 1_000_000_000;
const SYNERGIES = 20;
const WARM_UP = 2;

interface Contestant {
  readonly agent: string;
  readonly preset?: string;
  readonly config: JsonObject;
}

const small = { hidden: HIDDEN, replay_capacity: ROWS * TAPE, policy_groups: ["policy"] };
const explores = (exploration: string | JsonObject): Contestant => ({
  agent: "mpo",
  config: { ...small, exploration },
});

function contestants(rng: Rng): Readonly<Record<string, Contestant>> {
  const recording = Array.from({ length: 2 * MUSCLES }, () => Array.from({ length: MUSCLES }, () => rng.random()));
  return {
    mpo: explores("policy"),
    ou: explores("ou"),
    pink: explores("colored"),
    lattice: explores("lattice"),
    "lattice-4": explores({ kind: "lattice", period: 4 }),
    sar: explores({ kind: "sar", actions: recording, synergies: SYNERGIES }),
    "dep-rl": { agent: "dep-rl", config: { ...small, steps_before_batches: ROWS } },
    "dep-rl-first": { agent: "dep-rl", config: { ...small, steps_before_batches: FOREVER } },
    "dep-rl-0.5": {
      agent: "dep-rl",
      config: { ...small, steps_before_batches: ROWS, compat: "deprl-0.5", test_episode_every: null },
    },
    dep: { agent: "dep", config: {} },
    "dep-myosuite": { agent: "dep", preset: "myosuite", config: {} },
  };
}

function box(size: number, low: number): BoxSpace {
  const bound = (value: number) => toNdArray("<f4", [size], new Float32Array(size).fill(value));
  return { type: "box", dtype: "<f4", shape: [size], low: bound(low), high: bound(low === 0 ? 1 : -low) };
}

function context(): AgentContext {
  const names = Array.from({ length: MUSCLES }, (_, i) => `muscle${i}`);
  return {
    numEnvs: ROWS,
    seed: 0,
    spec: {
      obs_space: box(OBS, -Infinity),
      act_space: box(MUSCLES, 0),
      obs_keys: {
        policy: { shape: [POLICY_OBS], offset: 0, unit: "1", names: [] },
        muscle: { shape: [MUSCLE_ROWS, MUSCLES], offset: POLICY_OBS, unit: "m, m/s, N, 1", names },
      },
      dt: 0.01,
      actuators: names,
    },
  };
}

/** A smooth random motion, [TAPE] of [N, F]. */
function motion(rng: Rng): readonly Buffers[] {
  const state = new Float32Array(ROWS * OBS);
  return Array.from({ length: TAPE }, (): Buffers => {
    for (let i = 0; i < state.length; i++) {
      state[i] = SMOOTHNESS * (state[i] ?? 0) + (1 - SMOOTHNESS) * rng.uniform(-1, 1);
    }
    return [state.slice()];
  });
}

/** Seconds in, mean ms of one act of all rows out: steps that draw anew for many to come count with their share. */
function measure(agent: Agent, tape: readonly Buffers[]): (seconds: number) => number {
  let step = 0;
  const mode: ActMode = "explore";
  return (seconds) => {
    const from = step;
    const start = performance.now();
    do agent.act(tape[step++ % TAPE] ?? [], mode);
    while (performance.now() - start < seconds * 1000);
    return (performance.now() - start) / (step - from);
  };
}

async function main(which: string): Promise<void> {
  const rng = createRng(0);
  const { agent: id, preset, config } = contestants(rng)[which] ?? explores("policy");
  const definition = findAgent(id);
  const agent = await definition.create(context(), resolveConfig(definition, preset, config));
  const run = measure(agent, motion(rng));
  run(WARM_UP);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify({ value: run(Number(line)) }));
  }
}

await main(process.argv[2] ?? "mpo");
