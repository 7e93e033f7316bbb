import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mjcfText } from "../../envs/engine/mjcf.ts";
import type { Model } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { OSTRICH_ENVS } from "../../envs/ostrich/index.ts";
import { packPath, packsRoot, requirePack } from "../../envs/packs/manifest.ts";
import { flatten } from "../../envs/packs/ostrich/flatten.ts";
import { readMjcf } from "../../envs/packs/ostrich/mjcf-reader.ts";
import { readNpy } from "../../envs/packs/ostrich/npy.ts";
import { pullOstrich } from "../../envs/packs/ostrich/pull-ostrich.ts";
import { cubeStl, isWholeStl } from "../../envs/packs/ostrich/stl.ts";
import { packModelSource } from "../../envs/packs/pack-source.ts";
import { verifyPack } from "../../envs/packs/verify.ts";
import { findEnv, validateKwargs } from "../../envs/registry.ts";
import { ostrichFiles, useOstrichPack } from "./ostrich-pack.ts";

const COMMAND =
  "run: git clone https://github.com/vittorione94/ostrichrl && npx myoserve models pull ostrich --from ostrichrl";
const files = ostrichFiles();
const obstacle = files === null ? "OstrichRL's files are not beside the recordings" : null;

describe("reading MJCF", () => {
  it("keeps elements and attributes as they are written, drops comments", () => {
    const text = `<?xml version="1.0"?><!-- a --><a x='1' y="&lt;2&amp;"><b/><!-- <c/> --><d z = ".5 1e3"></d></a>`;
    expect(mjcfText(readMjcf(text))).toBe(`<a x="1" y="&lt;2&amp;">\n  <b/>\n  <d z=".5 1e3"/>\n</a>\n`);
  });

  it.each(["<a>", "<a></b>", "<a/><b/>", "<a>text</a>", "</a>", "", '<a x="1/>'])("refuses %j", (text) => {
    expect(() => readMjcf(text)).toThrow(Error);
  });

  it("puts the children of an included file in the include's place", () => {
    const texts: Record<string, string> = {
      "m.xml": `<mujoco><include file="sub/a.xml"/><worldbody><body><include file="b.xml"/><site/></body></worldbody></mujoco>`,
      "sub/a.xml": `<x><option/><include file="c.xml"/></x>`,
      "b.xml": `<x><geom/><geom/></x>`,
      "c.xml": `<x><size/></x>`,
    };
    const read = (file: string): string => texts[file] ?? "";
    expect(mjcfText(flatten("m.xml", read)).replace(/\s/g, "")).toBe(
      "<mujoco><option/><size/><worldbody><body><geom/><geom/><site/></body></worldbody></mujoco>",
    );
    texts["c.xml"] = `<x><include file="b.xml"/></x>`;
    expect(() => flatten("m.xml", read)).toThrow(/b\.xml is included twice/);
  });
});

describe("reading arrays and meshes", () => {
  it("refuses what is no float64 array in C order", () => {
    const npy = (header: string, bytes: number): Uint8Array =>
      Buffer.concat([
        Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]),
        Buffer.from(header),
        Buffer.alloc(bytes),
      ]);
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    expect(readNpy(npy(header, 48))).toMatchObject({ shape: [2, 3], values: new Float64Array(6) });
    expect(() => readNpy(npy(header, 40))).toThrow(/bytes instead of/);
    expect(() => readNpy(npy(header.replace("<f8", "<f4"), 24))).toThrow(/no float64 array/);
    expect(() => readNpy(npy(header.replace("False", "True"), 48))).toThrow(/no float64 array/);
    expect(() => readNpy(Buffer.from("version https://git-lfs"))).toThrow(/no \.npy file/);
  });

  it("knows a mesh that is cut short", () => {
    const cube = cubeStl();
    expect(isWholeStl(cube)).toBe(true);
    expect(isWholeStl(cube.subarray(0, 300))).toBe(false);
    expect(isWholeStl(Buffer.from("version https://git-lfs"))).toBe(false);
  });
});

describe("without the pack", () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "myoserve-ostrich-"));
    vi.stubEnv("MYOSERVE_CACHE", cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true, force: true });
  });

  it.each(OSTRICH_ENVS.map((definition) => ({ id: definition.id, definition })))("$id names the command", (row) => {
    const message = `The model pack ostrich is not installed; ${COMMAND}`;
    const { definition } = row;
    expect(() => definition.source(validateKwargs(definition, {}), "light")).toThrow(
      expect.objectContaining({ code: "MODEL_MISSING", message }),
    );
  });

  it("a folder that is no clone is refused", async () => {
    await expect(pullOstrich({ from: cache })).rejects.toThrow(/holds no OstrichRL models/);
  });

  it.skipIf(obstacle !== null)("a mesh that is missing or cut short is named", async () => {
    const clone = join(cache, "clone");
    cpSync(join(files!, "models"), join(clone, "assets/models"), { recursive: true });
    const mesh = join(clone, "assets/models/ostrich/meshes/pelvis.stl");
    rmSync(mesh, { force: true });
    await expect(pullOstrich({ from: clone })).rejects.toThrow(/meshes\/pelvis\.stl is missing/);
    writeFileSync(mesh, "version https://git-lfs");
    await expect(pullOstrich({ from: clone })).rejects.toThrow(/pelvis\.stl is no whole binary STL file/);
    expect(existsSync(join(cache, "packs"))).toBe(false);
  });
});

const own = await useOstrichPack();
afterAll(() => own[Symbol.dispose]());

describe.skipIf(obstacle !== null)(`the ostrich pack${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, () => {
  it("holds three models, the clips and the licence, with their hashes", async () => {
    const pack = requirePack("ostrich");
    await verifyPack(pack, packsRoot());
    const sizes = Object.entries(pack.models).map(([name, { nq, nu, na, nbody, ngeom }]) => [
      name,
      nq,
      nu,
      na,
      nbody,
      ngeom,
    ]);
    expect(sizes).toEqual([
      ["ostrich", 56, 120, 120, 32, 101],
      ["ostrich_legs_torque", 20, 12, 0, 14, 66],
      ["ostrich_neck", 36, 52, 52, 24, 44],
    ]);
    expect(Object.keys(pack.data)).toEqual(expect.arrayContaining(["mocap_0047", "mocap_cyclic", "licence"]));
    expect(statSync(packPath("ostrich", "data/mocap_0047.f8")).size).toBe(52 * 472 * 8);
    expect(readFileSync(packPath("ostrich", "LICENSE"), "utf8")).toMatch(/MIT License[\s\S]*La Barbera/);
    const text = readFileSync(packPath("ostrich", "models/ostrich_neck.xml"), "utf8");
    expect(text).toContain('<size memory="2M"/>');
    expect(text).not.toMatch(/include|njmax|r_femur/);
  });

  it("says that the head's mesh is missing, and is made once", async () => {
    const lines: string[] = [];
    const onProgress = ({ message }: { readonly message: string }): void => void lines.push(message);
    const before = statSync(packPath("ostrich", "manifest.json")).mtimeMs;
    await pullOstrich({ from: files!, onProgress });
    expect(lines).toEqual([]);
    expect(statSync(packPath("ostrich", "manifest.json")).mtimeMs).toBe(before);
    await pullOstrich({ from: files!, onProgress, force: true });
    const head = existsSync(join(files!, "models/ostrich/meshes/head.stl"));
    expect(lines.filter((line) => line.startsWith("head.stl is missing"))).toHaveLength(head ? 0 : 1);
    expect(lines.filter((line) => line.includes("commit"))).toEqual([]);
  });

  it.each(["ostrich_legs_torque", "ostrich_neck"])("%s: light and full give the same bits", async (name) => {
    using engine = await createWasmEngine();
    const pack = requirePack("ostrich");
    const run = (variant: "light" | "full"): Float64Array[] => {
      using model: Model = engine.load(packModelSource(pack, name, variant));
      expect(model.sizes).toMatchObject({ nq: pack.models[name]?.nq, nbody: pack.models[name]?.nbody });
      using p = model.createPhysics({ sensors: true });
      return Array.from({ length: 100 }, (_, step) => {
        for (let i = 0; i < p.ctrl.length; i++) p.ctrl[i] = Math.sin(0.1 * step + i);
        p.step(1);
        return p.qpos.slice();
      });
    };
    const full = run("full");
    expect(run("light")).toEqual(full);
    expect(full.at(-1)?.some((value) => value !== 0)).toBe(true);
  });

  it("refuses a clip that it lacks, and one that is too short", async () => {
    using engine = await createWasmEngine();
    const definition = findEnv("ostrich-mocap-tracking-v0");
    const text = `<mujoco><worldbody><geom name="pelvis" size="1"/></worldbody></mujoco>`;
    using model = engine.load({ key: "none", xml: text, files: [] });
    const make = (kwargs: Record<string, string | number>) => () =>
      definition.task(model, validateKwargs(definition, kwargs));
    expect(make({ clip: "none" })).toThrow(/no motion clip "none"; it has: .*0047/);
    expect(make({ min_episode_steps: 52 })).toThrow(/at most 51/);
    expect(() => validateKwargs(definition, { clip: "../x" })).toThrow(/clip/);
  });
});
