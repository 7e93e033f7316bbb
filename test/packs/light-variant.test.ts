import { readFileSync } from "node:fs";
import { posix } from "node:path";
import loadMujoco, { type MainModule, type MjData, type MjModel } from "mujoco-js";
import { beforeAll, describe, expect, it } from "vitest";
import { packModelSource, type ModelVariant } from "../../envs/packs/pack-source.ts";
import type { PackManifest } from "../../envs/packs/manifest.ts";
import { installedPack, PULL_TIMEOUT_MS } from "./installed-pack.ts";

const MODELS = [
  "myoElbowPose1D6MFixed",
  "myoElbowPose1D6MExoFixed",
  "myoElbowPoseTaskFixed",
  "motorFingerPoseFixed",
  "myoFingerPoseFixed",
  "myoHandPose0Fixed",
  "myoLegHillyTerrainWalk",
];
const STEPS = 200;
const NAMED = ["nbody", "njnt", "nsite", "ntendon", "nu", "nsensor"] as const;

let mujoco: MainModule;
let pack: PackManifest;

beforeAll(async () => {
  mujoco = await loadMujoco();
  pack = await installedPack();
}, PULL_TIMEOUT_MS);

function load(model: string, variant: ModelVariant): MjModel {
  const source = packModelSource(pack, model, variant);
  const write = (name: string, data: string | Uint8Array): string => {
    const path = posix.join("/", variant, name);
    mujoco.FS.mkdirTree(posix.dirname(path), 0o777);
    mujoco.FS.writeFile(path, data);
    return path;
  };
  for (const { name, path } of source.files) write(name, readFileSync(path));
  return mujoco.MjModel.loadFromXML(write("model.xml", source.xml));
}

/** Sum of sines with another phase for each actuator, inside [0.05, 0.95]. */
function drive(data: MjData, step: number): void {
  const ctrl = data.ctrl as Float64Array;
  for (let i = 0; i < ctrl.length; i += 1) ctrl[i] = 0.5 + 0.45 * Math.sin(0.037 * step + 0.9 * i);
}

describe("light and full variants in mujoco-js", () => {
  it.each(MODELS)("%s: the same trajectory to the last bit", (name) => {
    const models = [load(name, "full"), load(name, "light")] as const;
    const [full, light] = [new mujoco.MjData(models[0]), new mujoco.MjData(models[1])];
    for (const key of NAMED) expect(models[1][key]).toBe(models[0][key]);
    for (let step = 0; step < STEPS; step += 1) {
      for (const [model, data] of [
        [models[0], full],
        [models[1], light],
      ] as const) {
        drive(data, step);
        mujoco.mj_step(model, data);
      }
      const [a, b] = [full.qpos as Float64Array, light.qpos as Float64Array];
      if (!a.every((value, i) => Object.is(value, b[i]))) expect.fail(`step ${String(step)}: qpos differs`);
    }
    expect(Array.from(light.sensordata as Float64Array)).toEqual(Array.from(full.sensordata as Float64Array));
    expect((full.qpos as Float64Array).every(Number.isFinite)).toBe(true);
    for (const object of [full, light, ...models]) object.delete();
  });
});
