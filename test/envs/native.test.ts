import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHeaders } from "../../envs/engine/native/c-header.ts";
import {
  deriveLayout,
  LAYOUT_FILE,
  layoutOf,
  readHeaders,
  type NativeLayout,
} from "../../envs/engine/native/layout.ts";
import { createNativeRaw } from "../../envs/engine/native.ts";
import { createEngineByName, openEngine, settleEngine } from "../../envs/engine/select.ts";
import { nativeLibrary, nativeObstacle } from "../contract/native-library.ts";

const HEADER = `
#define mjCOUNT 3   // a number
#define mjREAL  1E-15
#ifndef mjUSESINGLE
  typedef double mjtNum;
#else
  typedef float mjtNum;
#endif
typedef enum mjtColor_ { mjRED = 0, mjGREEN, mjBLUE = 1<<4, mjBOTH = mjGREEN | mjBLUE, mjAFTER } mjtColor;
typedef struct mjPair_ { int first; mjtNum second; } mjPair;
struct mjAll_ {
  /* a comment; with a semicolon */
  char    flag;
  mjPair  one;               // nested
  mjPair  many[2*mjCOUNT];
  int     grid[mjCOUNT][2];
  struct {
    float alpha;
    unsigned char tail;
  } inner;
  mjtColor color;
  const char* text;
  void**  opaque;
  size_t  end;
};
typedef struct mjAll_ mjAll;
`;

describe("C headers", () => {
  const headers = new CHeaders([HEADER.replaceAll("\n", "\r\n")]);

  it("counts enumerations and defines as a compiler does", () => {
    expect(headers.constants).toEqual({ mjCOUNT: 3, mjRED: 0, mjGREEN: 1, mjBLUE: 16, mjBOTH: 17, mjAFTER: 18 });
  });

  it("places members with padding, nested structs and arrays of them", () => {
    const { size, alignment, fields } = headers.struct("mjAll");
    expect(Object.fromEntries(Object.entries(fields).map(([name, { offset }]) => [name, offset]))).toEqual({
      flag: 0,
      "one.first": 8,
      "one.second": 16,
      many: 24,
      grid: 120,
      "inner.alpha": 144,
      "inner.tail": 148,
      color: 152,
      text: 160,
      opaque: 168,
      end: 176,
    });
    expect({ size, alignment }).toEqual({ size: 184, alignment: 8 });
    expect(fields["many"]).toMatchObject({ type: "struct", count: 6 });
    expect(fields["grid"]).toMatchObject({ type: "i4", count: 6 });
    expect(fields["one.second"]).toMatchObject({ type: "f8" });
    expect(fields["opaque"]).toMatchObject({ type: "opaque", pointer: true });
  });

  it("refuses what it cannot place", () => {
    const broken = new CHeaders([
      "struct mjBad_ { mjUnknown x; }; struct mjOdd_ { int a : 3; }; struct mjSize_ { int a[N]; };",
    ]);
    expect(() => broken.struct("mjBad_")).toThrow(/type of the member "mjUnknown x" is unknown/);
    expect(() => broken.struct("mjOdd_")).toThrow(/of no known form/);
    expect(() => broken.struct("mjSize_")).toThrow(/value of "N" is unknown/);
    expect(() => broken.struct("mjNone")).toThrow(/declare no struct mjNone/);
  });
});

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "myoserve-native-"));
});
afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

const environment = (extra: Record<string, string> = {}): Record<string, string | undefined> => ({
  ...process.env,
  MYOSERVE_CACHE: cache,
  MYOSERVE_MUJOCO_VERSION: undefined,
  MYOSERVE_PYTHON: undefined,
  ...extra,
});

/** Folder of a version in the test's cache. */
function versionFolder(version: string): string {
  const folder = join(cache, "libmujoco", version);
  mkdirSync(folder, { recursive: true });
  return folder;
}

describe("choice of the engine without a library", () => {
  it("is wasm by name, with nothing to say", async () => {
    const { engine, note } = await createEngineByName("wasm", { env: environment() });
    expect([engine.id, note]).toEqual(["wasm", null]);
    engine[Symbol.dispose]();
  });

  it("falls back to wasm with one line where auto finds nothing", async () => {
    const { engine, note } = await createEngineByName("auto", { env: environment() });
    expect(engine.id).toBe("wasm");
    expect(note).toBe(
      "The engine is wasm, because the native one cannot be used: MuJoCo 3.4.0 is not installed; run: npx myoserve models pull libmujoco",
    );
    engine[Symbol.dispose]();
  });

  it.skipIf(process.platform === "win32")("falls back with one line where it cannot be fetched", async () => {
    const settled = await settleEngine("native", { env: environment({ MYOSERVE_PYTHON: "/no/such/python" }) });
    expect(settled.id).toBe("wasm");
    expect(settled.note).toMatch(/\/no\/such\/python is no usable Python.*run: npx myoserve models pull libmujoco$/);
    expect(settled.note).not.toContain("\n");
  });

  it("falls back where the library is no library", async () => {
    const folder = versionFolder("3.4.0");
    writeFileSync(join(folder, "libmujoco.so.3.4.0"), "no library");
    writeFileSync(join(folder, LAYOUT_FILE), "{}");
    const { engine, note } = await createEngineByName("auto", { env: environment() });
    expect(engine.id).toBe("wasm");
    expect(note).toMatch(/libmujoco\.so\.3\.4\.0 cannot be used/);
    engine[Symbol.dispose]();
  });

  it("does not fall back silently in a worker", async () => {
    await expect(openEngine("native", { env: environment() })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

const obstacle = nativeObstacle();
describe.skipIf(obstacle !== null)(`installed library${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, () => {
  const installed = (): NativeLayout => layoutOf(nativeLibrary());

  /** The library in the test's cache, with a layout of the test's choice. */
  function place(version: string, layout: NativeLayout): string {
    const folder = versionFolder(version);
    const path = join(folder, basename(nativeLibrary()));
    copyFileSync(nativeLibrary(), path);
    writeFileSync(join(folder, LAYOUT_FILE), JSON.stringify(layout));
    return path;
  }

  it("has the layout its headers give, with the offsets measured in C", () => {
    const layout = installed();
    expect(deriveLayout(readHeaders(join(dirname(nativeLibrary()), "include", "mujoco")))).toEqual(layout);
    expect([layout.contact.size % 8, layout.contact.fields["geom"]?.count]).toEqual([0, 2]);
    expect(layout.versionNumber).toBe(340);
    const at = (name: string) => layout.data.fields[name]?.offset;
    expect([at("time"), at("qpos"), at("ctrl"), at("actuator_length"), at("contact")]).toEqual([
      161_632, 161_672, 161_712, 162_096, 162_432,
    ]);
    expect(layout.data.size).toBe(162_968);
    expect([layout.model.fields["nu"]?.offset, layout.model.fields["opt.timestep"]?.offset]).toEqual([8, 352]);
  });

  it("derives the layout anew where the stored one is of another format", () => {
    const path = place("3.4.0", { ...installed(), format: 0 });
    expect(() => createNativeRaw(path)).toThrow(/headers of MuJoCo are incomplete/);
    const include = join(dirname(path), "include", "mujoco");
    mkdirSync(include, { recursive: true });
    for (const [name, text] of readHeaders(join(dirname(nativeLibrary()), "include", "mujoco"))) {
      writeFileSync(join(include, name), text);
    }
    expect(createNativeRaw(path).version).toBe("3.4.0");
  });

  const shifted = (layout: NativeLayout, part: "model" | "data", from: string, by: number): NativeLayout => {
    const { fields } = layout[part];
    const start = fields[from]?.offset ?? Infinity;
    const moved = Object.entries(fields).map(([name, field]) => [
      name,
      field.offset < start ? field : { ...field, offset: field.offset + by },
    ]);
    const size = layout[part].size + Math.max(by, 0);
    return { ...layout, [part]: { ...layout[part], size, fields: Object.fromEntries(moved) as typeof fields } };
  };

  it.each([
    ["model", "nv", 4],
    ["model", "opt.gravity", 8],
    ["model", "stat.meaninertia", 8],
    ["model", "body_parentid", 8],
    ["data", "warning", 8],
    ["data", "ncon", 8],
    ["data", "time", -8],
    ["data", "qpos", 8],
    ["data", "sensordata", -8],
  ] as const)("refuses a library that lays out %s otherwise from %s on", (part, field, by) => {
    const path = place("3.4.0", shifted(installed(), part, field, by));
    expect(() => createNativeRaw(path)).toThrow(/cannot be used \(.*start with --engine wasm/);
  });

  it.each([
    ["body_mass", ["nbody", 2]],
    ["actuator_gear", ["nq", 6]],
  ])("refuses a library whose %s has another length", (array, extent) => {
    const layout = installed();
    const path = place("3.4.0", { ...layout, modelArrays: { ...layout.modelArrays, [array]: extent } });
    expect(() => createNativeRaw(path)).toThrow(/begins at byte/);
  });

  it("opens a version whose islands cannot be turned off", () => {
    const { mjDSBL_ISLAND: island, ...constants } = installed().constants;
    expect(island).toBeGreaterThan(0);
    expect(createNativeRaw(place("3.4.0", { ...installed(), constants })).version).toBe("3.4.0");
  });

  it("is what auto takes", async () => {
    place("3.4.0", installed());
    const { engine, note } = await createEngineByName("auto", { env: environment() });
    expect([engine.id, engine.version, note]).toEqual(["native", "3.4.0", null]);
    engine[Symbol.dispose]();
    expect(await settleEngine("auto", { env: environment() })).toEqual({ id: "native", note: null });
  });

  it("is not taken for another version", async () => {
    place("3.7.0", installed());
    const { engine, note } = await createEngineByName("auto", {
      env: environment({ MYOSERVE_MUJOCO_VERSION: "3.7.0" }),
    });
    expect(engine.id).toBe("wasm");
    expect(note).toMatch(/is MuJoCo 3\.4\.0, but 3\.7\.0 is wanted/);
    engine[Symbol.dispose]();
  });
});
