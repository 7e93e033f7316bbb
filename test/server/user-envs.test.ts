import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arm26Xml } from "../../envs/builtin/arm26-model.ts";
import { projectFile } from "../../envs/project-file.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import { createLog } from "../../server/log.ts";
import { startServer, type RunningServer } from "../../server/server.ts";
import { numbers, RawClient } from "./support.ts";

const EXAMPLE = fileURLToPath(projectFile("envs/declarative/examples"));
const ROWS = 4;

const folder = mkdtempSync(path.join(tmpdir(), "myoserve-user-"));
const TASK = {
  id: "my-arm-v0",
  title: "My arm",
  model: { mjcf: "arm.xml" },
  frame_skip: 5,
  targets: { goal: { kind: "point", low: [0.1, 0.3, 0], high: [0.3, 0.5, 0] } },
  observation: [{ group: "qpos" }, { group: "site_error", site: "tip", target: "goal" }],
  reward: [{ term: "site_distance", site: "tip", to: "goal", weight: 1 }],
};

let server: RunningServer;
let client: RawClient;
beforeAll(async () => {
  writeFileSync(path.join(folder, "arm.xml"), arm26Xml(1));
  writeFileSync(path.join(folder, "mine.json"), JSON.stringify(TASK));
  writeFileSync(path.join(folder, "broken.json"), JSON.stringify({ ...TASK, id: "broken-v0", frame_skip: 0 }));
  const lost = { ...TASK, id: "lost-v0", reward: [{ term: "upright", body: "torso", weight: 1 }] };
  writeFileSync(path.join(folder, "lost.json"), JSON.stringify(lost));
  server = await startServer({ port: 0, workers: 2, log: createLog("silent"), userDir: folder });
  client = await RawClient.connect(server.url);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a user's folder", () => {
  it("is listed and described like any other environment", async () => {
    const { envs } = await client.ask("env.list", { prefix: "my-" });
    expect(envs).toEqual([
      { id: "my-arm-v0", title: "My arm", family: "user", pack: null, kind: "sim", installed: true },
    ]);
    const { spec } = await client.ask("env.describe", { env: "my-arm-v0" });
    expect(spec.obs_keys["site_error"]?.names).toEqual(["x", "y", "z"]);
  });

  it("is known to all workers; rows follow their seeds", async () => {
    const made = await client.ask("env.make", { env: "my-arm-v0", num_envs: ROWS, autoreset: "disabled" });
    const action = toNdArray("<f4", [ROWS, 6], new Float32Array(ROWS * 6).fill(0.4));
    const roll = async (k: number): Promise<number[]> => {
      await client.ask("env.reset", { s: made.s, k, seed: 5 });
      return numbers((await client.ask("env.step", { s: made.s, k: k + 1, action })).rew);
    };
    const first = await roll(1);
    expect(new Set(first).size).toBe(ROWS);
    expect(await roll(3)).toEqual(first);
    const model = await client.ask("env.model", { s: made.s });
    expect(model.model_sha256).toBe(made.spec.model_sha256);
  });

  it("that holds a bad file serves the others and says what is wrong with it", async () => {
    expect(server.faults.map(({ file }) => file)).toEqual(["broken.json"]);
    const error = await client.refused({ t: "env.make", env: "broken-v0", autoreset: "disabled" });
    expect(error.code).toBe("BAD_OPTIONS");
    expect(error.sentence).toMatch(/^broken\.json: "frame_skip" must be >= 1, but 0 came/);
  });

  it("that names what the model lacks is told when it is made", async () => {
    const error = await client.refused({ t: "env.make", env: "lost-v0", autoreset: "disabled" });
    expect(error.code).toBe("BAD_OPTIONS");
    expect(error.sentence).toMatch(/^lost\.json: the model has no body "torso"/);
  });

  it("that does not exist is one sentence", async () => {
    const options = { port: 0, workers: 1, log: createLog("silent"), userDir: path.join(folder, "nowhere") };
    await expect(startServer(options)).rejects.toThrow(/cannot be read .+ --user-dir/);
  });

  it("is the examples' too", async () => {
    await using other = await startServer({ port: 0, workers: 1, log: createLog("silent"), userDir: EXAMPLE });
    expect(other.faults).toEqual([]);
    expect(other.catalog.find("example-arm-reach-v0").family).toBe("user");
  });
});
