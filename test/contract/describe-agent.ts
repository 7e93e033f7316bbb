import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../agents/registry.ts";
import type { Agent, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers } from "../../protocol/env.ts";
import { MyoError, type ErrorCode } from "../../protocol/errors.ts";
import { ACTION_SPACES, contextOf, MUSCLE_ACTION, MUSCLES, obsAt, violation } from "./agent-fixtures.ts";
import { describeDefinition } from "./describe-definition.ts";

/** Long enough to fill the longest window of a preset. */
const STEPS = 180;
const ROWS = [0, 1, 2];
const SEED = 5;

/** Where an algorithm departs from the contract on purpose, with the reason. */
export interface AgentExceptions {
  /** Rows learn together, so that a batch is no set of lone rows. */
  readonly sharedLearning?: string;
}

function refusal(action: () => unknown): ErrorCode | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof MyoError) return error.code;
    throw error;
  }
}

async function refusalOf(promise: Promise<unknown>): Promise<ErrorCode | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    if (error instanceof MyoError) return error.code;
    throw error;
  }
}

/** Actions of the steps from..to, one entry a step. */
function drive(agent: Agent, from: number, to: number, rows: readonly number[] = ROWS): Buffers[] {
  const actions: Buffers[] = [];
  for (let step = from; step < to; step++) actions.push(agent.act(obsAt(step, rows), "explore"));
  return actions;
}

/** One row of a run on the muscle action. */
function rowOf(actions: readonly Buffers[], row: number): number[] {
  return actions.flatMap(([action]) => Array.from(action!.slice(row * MUSCLES, (row + 1) * MUSCLES), Number));
}

function describeMaking(definition: ActorDefinition): void {
  it("is not made with unknown keys", () => {
    expect(refusal(() => definition.create(contextOf(1, 0), { ...definition.defaults, no_such_key: 1 }))).toBe(
      "BAD_OPTIONS",
    );
  });

  it("refuses an environment without the groups it needs", () => {
    const config = resolveConfig(definition, undefined, {});
    const context = contextOf(1, 0);
    const bare = { ...context, spec: { ...context.spec, obs_keys: {} } };
    const needs = definition.needsGroups(config).length > 0;
    expect(refusal(() => definition.create(bare, config))).toBe(needs ? "BAD_OPTIONS" : null);
  });

  it.each(ACTION_SPACES)("acts inside its space or refuses it: %s", (_name, space) => {
    const config = resolveConfig(definition, undefined, {});
    let agent: Agent;
    try {
      agent = definition.create(contextOf(ROWS.length, SEED, space), config);
    } catch (error) {
      expect((error as MyoError).code).toBe("BAD_OPTIONS");
      return;
    }
    for (const action of drive(agent, 0, 60)) expect(violation(space, action, ROWS.length)).toBeNull();
  });
}

function describeActing(create: (rows: number, seed: number) => Agent, exceptions: AgentExceptions): void {
  it("acts inside the space in both modes, in arrays of the caller", () => {
    const agent = create(ROWS.length, SEED);
    const first = agent.act(obsAt(0, ROWS), "explore");
    const copy = first.map((array) => array.slice());
    for (const action of drive(agent, 1, STEPS)) expect(violation(MUSCLE_ACTION, action, ROWS.length)).toBeNull();
    expect(violation(MUSCLE_ACTION, agent.act(obsAt(STEPS, ROWS), "exploit"), ROWS.length)).toBeNull();
    expect(first).toEqual(copy);
  });

  it("does the same for the same seed", () => {
    expect(drive(create(ROWS.length, SEED), 0, STEPS)).toEqual(drive(create(ROWS.length, SEED), 0, STEPS));
  });

  it.skipIf(exceptions.sharedLearning !== undefined)(
    `row i of a batch acts as a lone row of seed + i ${exceptions.sharedLearning ?? ""}`,
    () => {
      const batch = drive(create(ROWS.length, SEED), 0, STEPS);
      for (const row of ROWS) {
        expect(rowOf(batch, row)).toEqual(rowOf(drive(create(1, SEED + row), 0, STEPS, [row]), 0));
      }
    },
  );

  it("a reset touches the rows of its mask alone", () => {
    const [plain, reset] = [create(ROWS.length, SEED), create(ROWS.length, SEED)];
    expect(drive(plain, 0, 20)).toEqual(drive(reset, 0, 20));
    reset.reset(Uint8Array.of(0, 1, 0));
    const [wanted, actual] = [drive(plain, 20, STEPS), drive(reset, 20, STEPS)];
    for (const row of [0, 2]) expect(rowOf(actual, row)).toEqual(rowOf(wanted, row));
  });

  it("refuses observations and masks that do not fit", () => {
    const agent = create(2, SEED);
    const [obs] = obsAt(0, [0, 1]) as [Float32Array];
    for (const wrong of [[], [obs, obs], [obs.subarray(1)], [Float64Array.from(obs)], obsAt(0, [0])]) {
      expect(refusal(() => agent.act(wrong, "explore"))).toBe("BAD_OPTIONS");
    }
    expect(refusal(() => agent.reset(Uint8Array.of(1)))).toBe("BAD_OPTIONS");
    expect(violation(MUSCLE_ACTION, agent.act([obs], "explore"), 2)).toBeNull();
  });

  it("takes transitions and reports finite metrics", async () => {
    const agent = create(1, SEED);
    const [obs, nextObs] = [obsAt(0, [0]), obsAt(1, [0])];
    const flags = () => new Uint8Array(1);
    const action = agent.act(obs, "explore");
    agent.observe({ obs, action, reward: new Float64Array(1), terminated: flags(), truncated: flags(), nextObs });
    for (const value of Object.values(await agent.update())) expect(value).toBeTypeOf("number");
  });
}

function describeCheckpoints(create: (rows: number, seed: number) => Agent): void {
  it("continues bit for bit from a checkpoint, which leaves the agent undisturbed", async () => {
    const agent = create(ROWS.length, SEED);
    const undisturbed = create(ROWS.length, SEED);
    drive(agent, 0, 100);
    drive(undisturbed, 0, 100);
    const saved = await agent.checkpoint();
    const wanted = drive(undisturbed, 100, STEPS);
    expect(drive(agent, 100, STEPS)).toEqual(wanted);
    const restored = create(ROWS.length, SEED + 1000);
    drive(restored, 0, 7);
    await restored.restore(saved);
    expect(await restored.checkpoint()).toEqual(saved);
    expect(drive(restored, 100, STEPS)).toEqual(wanted);
  });

  it("refuses bytes that are no checkpoint of such an agent and goes on as it was", async () => {
    const agent = create(2, SEED);
    const saved = await agent.checkpoint();
    const other = await create(3, SEED).checkpoint();
    const flipped = saved.slice();
    flipped[13] = 0;
    for (const wrong of [new Uint8Array(0), saved.slice(0, 20), saved.slice(0, -1), flipped, other]) {
      expect(await refusalOf(agent.restore(wrong))).toBe("BAD_OPTIONS");
    }
    expect(await agent.checkpoint()).toEqual(saved);
    // A checkpoint as it arrives in a frame: at an odd offset.
    const shifted = new Uint8Array(saved.length + 3);
    shifted.set(saved, 3);
    await agent.restore(shifted.subarray(3));
  });
}

/** The contract of an agent, for its defaults and every preset; run over the registry. */
export function describeAgent(definition: ActorDefinition, exceptions: AgentExceptions = {}): void {
  describe(`agent ${definition.id}`, () => {
    describeDefinition(definition);
    describeMaking(definition);
    for (const preset of [undefined, ...Object.keys(definition.presets)]) {
      describe(preset === undefined ? "with defaults" : `preset ${preset}`, () => {
        const config = resolveConfig(definition, preset, {});
        const create = (rows: number, seed: number): Agent => definition.create(contextOf(rows, seed), config);
        describeActing(create, exceptions);
        describeCheckpoints(create);
      });
    }
  });
}
