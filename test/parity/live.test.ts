import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNativeEngine } from "../../envs/engine/native.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { CONDITIONS } from "../../envs/myosuite/id-row.ts";
import { ID_ROWS } from "../../envs/myosuite/ids.ts";
import { MYOSUITE_ENVS } from "../../envs/myosuite/index.ts";
import { openPack } from "../../envs/packs/manifest.ts";
import { openParityEnvironment } from "../../envs/packs/parity/environment.ts";
import { MyoSuiteProcess } from "../../envs/packs/parity/myosuite-process.ts";
import { compareEnv, type Comparison } from "../../server/cli/parity/compare.ts";
import { nativeLibrary, nativeObstacle } from "../contract/native-library.ts";
import { packObstacle } from "./golden.ts";

/**
 * Seeds that no recording has; two episodes of each, the second from the stream that the first leaves. Both sides run
 * MuJoCo 3.4.0 on the same model, so that all that may differ is the task: 1e-9 leaves room for contacts to amplify its
 * last bits (1e-16) over an episode.
 */
const COMPARISON: Comparison = {
  seeds: [1, 20, 300],
  steps: 10,
  episodes: 2,
  actions: "uniform",
  kwargs: {},
  free: true,
  forced: false,
  tolerance: 1e-9,
};

function liveObstacle(): string | null {
  const missing = packObstacle() ?? nativeObstacle();
  if (missing !== null) return missing;
  return openParityEnvironment() === null ? "MyoSuite is not set up: npx myoserve parity --setup" : null;
}

/** The first and the last of a family's ids on a model, conditions aside, and the first id of each condition. */
function representatives(): string[] {
  const known = openPack("myosuite")?.env ?? {};
  const groups = new Map<string, string[]>();
  for (const { id, model, recipe } of ID_ROWS) {
    const key = `${recipe.family} ${model}`;
    if (Object.hasOwn(known, id)) groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  const bases = [...groups.values()].flatMap((ids) => [...ids.slice(0, 1), ...ids.slice(1).slice(-1)]);
  const variants = Object.keys(CONDITIONS).map(
    (name) => MYOSUITE_ENVS.find(({ id }) => id.startsWith(`myo${name}`))?.id,
  );
  return [...bases, ...variants.filter((id) => id !== undefined)];
}

const obstacle = liveObstacle();

describe.skipIf(obstacle !== null)(`beside MyoSuite in Python (${obstacle ?? "set up"})`, () => {
  let engine: Engine;
  let myosuite: MyoSuiteProcess;
  beforeAll(async () => {
    engine = createNativeEngine(nativeLibrary());
    myosuite = await MyoSuiteProcess.start(openParityEnvironment() ?? "");
  });
  afterAll(() => {
    myosuite[Symbol.dispose]();
    engine[Symbol.dispose]();
  });

  it("runs the versions of the recordings", () => {
    expect(myosuite.versions).toMatchObject({ myosuite: "3.0.0", mujoco: "3.4.0" });
  });

  it.each(representatives())("%s", async (id) => {
    const { unlike, first } = await compareEnv(id, COMPARISON, engine, myosuite);
    expect({ unlike, first }).toEqual({ unlike: [], first: null });
  });
});
