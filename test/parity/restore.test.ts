import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNativeEngine } from "../../envs/engine/native.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { ID_ROWS } from "../../envs/myosuite/ids.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { run, seen } from "../contract/describe-env.ts";
import { nativeLibrary, nativeObstacle } from "../contract/native-library.ts";
import { packObstacle } from "./golden.ts";

const SEED = 8;
const OTHER_SEED = 5;
const STEPS = 10;

/** The last id of each family on each model: where there are several it is the one that draws most. */
function representatives(): string[] {
  const last = new Map(ID_ROWS.map(({ id, model, recipe }) => [`${recipe.family} ${model}`, id]));
  return [...last.values()];
}

const ENGINES = [
  { id: "wasm", obstacle: packObstacle(), open: createWasmEngine },
  {
    id: "native",
    obstacle: packObstacle() ?? nativeObstacle(),
    open: () => Promise.resolve(createNativeEngine(nativeLibrary())),
  },
];

/** State and all that a client sees, of a reset and the steps after it. */
function episode(env: TaskEnv, seed: number) {
  const start = seen(env.reset(seed));
  const { qpos, qvel, act } = env.physicsBorrow;
  return { start, qpos: [...qpos], qvel: [...qvel], act: [...act], steps: run(env, 0, STEPS) };
}

for (const { id: engineId, obstacle, open } of ENGINES) {
  const note = obstacle === null ? "" : ` (skipped: ${obstacle})`;
  describe.skipIf(obstacle !== null)(`a seed of ${engineId} forgets the episode before${note}`, () => {
    // The untouched row has an engine of its own: an edit that reached the model they share would reach it too.
    let used: Engine;
    let untouched: Engine;
    beforeAll(async () => {
      used = await open();
      untouched = await open();
    });
    afterAll(() => {
      used[Symbol.dispose]();
      untouched[Symbol.dispose]();
    });

    const make = (id: string, engine: Engine): TaskEnv => {
      const definition = findEnv(id);
      return createEnv(definition, validateKwargs(definition, {}), engine);
    };

    it.each(representatives())("%s", (id) => {
      using fresh = make(id, untouched);
      using env = make(id, used);
      episode(env, OTHER_SEED);
      env.reset(null);
      run(env, 0, STEPS);
      expect(episode(env, SEED)).toEqual(episode(fresh, SEED));
    });
  });
}
