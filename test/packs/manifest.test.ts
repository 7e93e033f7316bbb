import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPack, packPath, requirePack } from "../../envs/packs/manifest.ts";
import { PackError } from "../../envs/packs/pack-error.ts";
import { packDataPath, packModelSource } from "../../envs/packs/pack-source.ts";
import { verifyPack } from "../../envs/packs/verify.ts";

const SHA256 = "0".repeat(64);
const XML = "<mujoco/>";
const OTHER_SHA256 = "1".repeat(64);

interface Draft {
  [key: string]: unknown;
  models: Record<string, Record<string, unknown>>;
}

function draft(): Draft {
  return {
    format: 1,
    name: "tiny",
    version: "1",
    mujoco: "3.14.0",
    recipe: SHA256,
    sources: [{ name: "mujoco", version: "3.14.0", licence: "Apache-2.0" }],
    env: { "Tiny-v0": "one" },
    models: {
      one: {
        full: { file: "models/one.xml", sha256: OTHER_SHA256 },
        light: { file: "models/one.light.xml", sha256: OTHER_SHA256, assets: ["a.stl"], ngeom: 1 },
        assets: [
          { name: "a.stl", sha256: SHA256, size: 84 },
          { name: "b.png", sha256: SHA256, size: 84 },
        ],
        ...{ nq: 1, nv: 1, nu: 1, na: 0, nbody: 2, ngeom: 2 },
      },
    },
    data: { table: { file: "data/table.json", sha256: SHA256 } },
  };
}

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "myoserve-packs-"));
  mkdirSync(join(root, "tiny", "models"), { recursive: true });
  writeFileSync(join(root, "tiny", "models", "one.xml"), XML);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function open(manifest: unknown): ReturnType<typeof openPack> {
  writeFileSync(join(root, "tiny", "manifest.json"), JSON.stringify(manifest));
  return openPack("tiny", root);
}

describe("openPack", () => {
  it("reads a manifest", () => {
    expect(open(draft())?.models["one"]?.light.assets).toEqual(["a.stl"]);
  });

  it("is null for a pack that is not installed, and requirePack says how to install it", () => {
    expect(openPack("other", root)).toBeNull();
    expect(() => requirePack("other", root)).toThrow(
      new PackError("PACK_MISSING", "The model pack other is not installed; run: npx myoserve models pull other"),
    );
  });

  const one = (change: Record<string, unknown>): Draft => {
    const manifest = draft();
    Object.assign(manifest.models["one"] ?? {}, change);
    return manifest;
  };
  it.each<[string, unknown]>([
    ["format is 2", { ...draft(), format: 2 }],
    ["name is", { ...draft(), name: "huge" }],
    ["version is no text", { ...draft(), version: 3 }],
    ["models, data or env", { ...draft(), models: [] }],
    ["sources", { ...draft(), sources: [{ name: "mujoco" }] }],
    ["env.Tiny-v0", { ...draft(), env: { "Tiny-v0": "two" } }],
    ["env.Tiny-v0", { ...draft(), env: { "Tiny-v0": "constructor" } }],
    ["data.table", { ...draft(), data: { table: { file: "data/table.json", sha256: "abc" } } }],
    ["data.table", { ...draft(), data: { table: { file: "../table.json", sha256: SHA256 } } }],
    ["models.one: nq is no count", one({ nq: -1 })],
    ["models.one: light.assets", one({ light: { file: "l.xml", sha256: SHA256, assets: ["c.stl"], ngeom: 1 } })],
    ["models.one: assets", one({ assets: [{ name: "../a.stl", sha256: SHA256, size: 1 }] })],
    ["models.one: full or light", one({ full: { file: "/etc/passwd", sha256: SHA256 } })],
  ])("refuses a manifest whose %s is wrong", (what, manifest) => {
    expect(() => open(manifest)).toThrow(what);
    expect(() => open(manifest)).toThrow("npx myoserve models pull tiny");
  });

  it("refuses what is not JSON", () => {
    writeFileSync(join(root, "tiny", "manifest.json"), "{");
    expect(() => openPack("tiny", root)).toThrow("manifest.json is not JSON");
  });
});

describe("pack files", () => {
  it("gives an engine the text and the assets by the names in the text", () => {
    const pack = requirePackOf(draft());
    const source = packModelSource(pack, "one", "full", root);
    expect(source.xml).toBe(XML);
    expect(source.files).toEqual(
      ["a.stl", "b.png"].map((name) => ({
        name: `assets/${name}`,
        path: packPath("tiny", `models/assets/${name}`, root),
      })),
    );
    expect(packDataPath(pack, "table", root)).toBe(packPath("tiny", "data/table.json", root));
  });

  it("names a model, table or file that the pack lacks", () => {
    const pack = requirePackOf(draft());
    expect(() => packModelSource(pack, "two", "full", root)).toThrow("has no model two");
    expect(() => packModelSource(pack, "one", "light", root)).toThrow("lacks its file models/one.light.xml");
    expect(() => packDataPath(pack, "toString", root)).toThrow("has no table toString");
  });

  it("finds a file whose content differs", async () => {
    const pack = requirePackOf(draft());
    await expect(verifyPack(pack, root)).rejects.toThrow(/models\/one\.xml .*has another content/);
  });

  function requirePackOf(manifest: Draft): NonNullable<ReturnType<typeof openPack>> {
    const pack = open(manifest);
    if (!pack) throw new Error("no pack");
    return pack;
  }
});
