import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userDefinition } from "../../envs/declarative/definition.ts";
import { readUserFolder } from "../../envs/declarative/user-folder.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { exportEnv, exportPython, packNameOf, type ExportedPack } from "../../envs/packs/export/export-env.ts";
import { starterTask } from "../../envs/packs/export/starter-task.ts";
import { packModelSource } from "../../envs/packs/pack-source.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";

/** A private environment of 180 MB, once. */
const SETUP_MS = 600_000;
const STEPS = 25;

const folder = mkdtempSync(join(tmpdir(), "myoserve-export-"));
const out = join(folder, "packs");
let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine();
  await exportPython("Hopper-v5");
}, SETUP_MS);
afterAll(() => {
  engine[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** qpos of the environment in Python after each control step with its ctrl at 0.3, from its first keyframe-free state. */
const PYTHON_STEPS = `
import sys, types, json
for name in ("glfw", "imageio"): sys.modules[name] = types.ModuleType(name)
import gymnasium, mujoco, numpy
env = gymnasium.make("Hopper-v5").unwrapped
mujoco.mj_resetData(env.model, env.data)
rows = []
for _ in range(${STEPS}):
    env.data.ctrl[:] = 0.3
    mujoco.mj_step(env.model, env.data, nstep=env.frame_skip)
    rows.append(list(env.data.qpos))
print(json.dumps(rows))
`;

describe("a Gymnasium environment", () => {
  let exported: ExportedPack;
  beforeAll(async () => {
    exported = await exportEnv({ id: "Hopper-v5", out });
  }, SETUP_MS);

  it("becomes a pack with the facts of the environment", () => {
    const { pack } = exported;
    expect(exported.folder).toBe(join(out, "hopper-v5"));
    expect(pack.env).toEqual({ "Hopper-v5": "Hopper-v5" });
    expect(pack.models["Hopper-v5"]).toMatchObject({ nq: 6, nv: 6, nu: 3, na: 0, nbody: 5 });
    expect(pack.sources[0]).toMatchObject({ name: "gymnasium", licence: "MIT License" });
    expect(pack.gymnasium?.["Hopper-v5"]).toMatchObject({
      observation_space: { type: "box", shape: [11], dtype: "float64" },
      action_space: { type: "box", shape: [3], dtype: "float32", low: -1, high: 1 },
      timestep: 0.002,
      frame_skip: 4,
      dt: 0.008,
      max_episode_steps: 1000,
    });
    expect(readdirSync(out)).toEqual(["hopper-v5"]);
  });

  it("moves here as there, Runge-Kutta and contacts included", async () => {
    const source = packModelSource(exported.pack, "Hopper-v5", "light", out);
    using model = engine.load(source);
    using p = model.createPhysics({ sensors: false });
    p.forward();
    const python = spawnSync(await exportPython("Hopper-v5"), ["-c", PYTHON_STEPS], { encoding: "utf8" });
    const expected = JSON.parse(python.stdout) as number[][];
    for (const row of expected) {
      p.ctrl.fill(0.3);
      p.step(4);
      p.forward();
      row.forEach((value, i) => expect(p.qpos[i]).toBeCloseTo(value, 8));
    }
  });

  it("is a task after a file names the pack", () => {
    writeFileSync(join(folder, "hopper.json"), JSON.stringify(starterTask(exported.pack)));
    const { tasks, faults } = readUserFolder(folder, new Set());
    expect(faults).toEqual([]);
    const definition = userDefinition(tasks[0]!);
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
    expect(env.spec).toMatchObject({ id: "my-hopper-v0", dt: 0.008, max_episode_steps: 1000 });
    env.reset(null);
    const { error, reward } = env.step([new Float32Array(3)]);
    expect([error, reward]).toEqual([null, 1]);
  });

  it("with meshes, includes and edits by its constructor equals its live model too", async () => {
    const { pack } = await exportEnv({ id: "gymnasium_robotics:FetchReach-v4", out });
    expect(pack.name).toBe("fetchreach-v4");
    const source = packModelSource(pack, "FetchReach-v4", "full", out);
    expect(source.files.length).toBeGreaterThan(10);
    expect(source.xml).not.toMatch(/<include|meshdir|relpose="0 0 0 0 0 0 0"/);
    expect(source.xml).toMatch(/<weld [^>]*relpose="0 0 0 1 0 0 0"/);
    using model = engine.load(source);
    expect(model.sizes).toMatchObject({ nq: pack.models["FetchReach-v4"]?.nq, nmocap: 1 });
  }, 120_000);

  it.each([
    [
      "Nope-v3",
      /^Nope-v3 was not exported \(gymnasium does not make Nope-v3 .+--python.+\); run: npx myoserve models export Nope-v3$/,
    ],
    ["CartPole-v1", /^CartPole-v1 was not exported \(CartPole-v1 holds no MuJoCo model/],
  ])("%s cannot be exported, in a sentence", async (id, sentence) => {
    await expect(exportEnv({ id, out })).rejects.toThrow(sentence);
    expect(existsSync(join(out, packNameOf(id)))).toBe(false);
  });
});

describe("an interpreter of one's own", () => {
  it("is used as it is", async () => {
    const python = await exportPython("Hopper-v5");
    const place = join(folder, "own");
    const { pack } = await exportEnv({ id: "Hopper-v5", out: place, python });
    expect(pack.models).toHaveProperty("Hopper-v5");
  });

  it("that is none is told in a sentence", async () => {
    await expect(exportEnv({ id: "Hopper-v5", out, python: "/no/such/python" })).rejects.toThrow(
      /\/no\/such\/python is no usable Python \(it cannot be run\)/,
    );
  });

  it("that lacks Gymnasium is told what it lacks", async () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    const made = spawnSync(await exportPython("Hopper-v5"), ["-m", "venv", "--without-pip", bare]);
    expect(made.status).toBe(0);
    const python = process.platform === "win32" ? join(bare, "Scripts/python.exe") : join(bare, "bin/python");
    await expect(exportEnv({ id: "Hopper-v5", out, python })).rejects.toThrow(
      /has no package numpy .+; install it there/,
    );
  });
});
