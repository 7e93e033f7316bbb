import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { packPath, packsRoot, type PackManifest } from "../../envs/packs/manifest.ts";
import { packDataPath, packModelSource } from "../../envs/packs/pack-source.ts";
import { packFiles, verifyPack } from "../../envs/packs/verify.ts";
import { installedPack, PULL_TIMEOUT_MS } from "./installed-pack.ts";

interface Expected {
  readonly env: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const EXPECTED = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../envs/packs/myosuite/expected.json", import.meta.url)), "utf8"),
) as Expected;
const DIMENSIONS = ["nq", "nv", "nu", "na", "nbody", "ngeom"] as const;

let pack: PackManifest;

beforeAll(async () => {
  pack = await installedPack();
}, PULL_TIMEOUT_MS);

describe("the myosuite pack", () => {
  it("holds the 25 models of 224 ids with the expected dimensions", () => {
    expect(Object.keys(pack.models).sort()).toEqual(Object.keys(EXPECTED.models).sort());
    expect(Object.keys(pack.models)).toHaveLength(25);
    expect(pack.env).toEqual(EXPECTED.env);
    for (const [name, model] of Object.entries(pack.models)) {
      for (const key of DIMENSIONS) expect(model[key], `${name}.${key}`).toBe(EXPECTED.models[name]?.[key]);
    }
  });

  it("has the files its manifest states", async () => {
    await verifyPack(pack, packsRoot());
    for (const model of Object.values(pack.models)) {
      for (const { name, size } of model.assets) {
        expect(statSync(packPath(pack.name, `models/assets/${name}`)).size).toBe(size);
      }
    }
  });

  it("names no folder of the machine it was made on", () => {
    const texts = packFiles(pack).filter(({ file }) => /\.(xml|json)$/.test(file));
    expect(texts.length).toBeGreaterThan(50);
    for (const { file } of [...texts, { file: "manifest.json" }]) {
      const text = readFileSync(packPath(pack.name, file), "utf8");
      expect(/"(\/|[A-Z]:\\|\.\.\/)/.exec(text)?.[0], file).toBeUndefined();
    }
  });

  it("has light variants that load no asset unless a mesh collides", () => {
    const withMeshes = Object.entries(pack.models).filter(([, model]) => model.light.assets.length > 0);
    expect(withMeshes.map(([name]) => name).sort()).toEqual([
      "myoChallengeBimanual",
      "myoChallengeOslRunFixed",
      "myoChallengeSoccerP1",
    ]);
    const source = packModelSource(pack, "myoHandPose0Fixed", "light");
    expect(source.files).toEqual([]);
    expect(source.xml).not.toMatch(/<(mesh|texture|material) /);
  });

  it("holds the tables of the tasks", () => {
    const table = (name: string): unknown => JSON.parse(readFileSync(packDataPath(pack, name), "utf8"));
    expect(table("fatigue")).toMatchObject({ params: { Default: { F: 0.0097, R: 0.00091, r: 15 } } });
    const workspace = readFileSync(packDataPath(pack, "workspace_finger"));
    expect(workspace.length).toBe(57_279 * 3 * 8);
    // The row that reset(seed=7) of myoFingerReachRandom-v0 draws in MyoSuite, and the target it then shows.
    const target = [0, 1, 2].map((axis) => workspace.readDoubleLE((54_123 * 3 + axis) * 8));
    expect(target.map((value) => value.toFixed(8))).toEqual(["0.18797588", "-0.08048910", "0.19304925"]);
    expect(table("registry")).toHaveProperty("envs.myoElbowPose1D6MFixed-v0.kwargs.pose_thd", 0.175);
  });
});
