import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LAYOUT_FILE } from "../../envs/engine/native/layout.ts";
import { openLibmujoco } from "../../envs/packs/libmujoco/installed.ts";
import { pullLibmujoco } from "../../envs/packs/libmujoco/pull-libmujoco.ts";
import { packageOf, PINNED_WHEELS } from "../../envs/packs/libmujoco/wheels.ts";

const COMMAND = /run: npx myoserve models pull libmujoco$/;
/** Just enough for a layout to be derived. */
const HEADERS: Readonly<Record<string, string>> = {
  "mjmodel.h": "struct mjModel_ { int nq; double* qpos0; };\ntypedef struct mjModel_ mjModel;\n",
  "mjdata.h":
    "struct mjContact_ { double dist; int geom[2]; };\ntypedef struct mjContact_ mjContact;\nstruct mjData_ { double time; double* qpos; };\ntypedef struct mjData_ mjData;\n",
  "mjxmacro.h":
    "#define MJMODEL_POINTERS \\\n  X ( mjtNum, qpos0, nq, 1 )\n\n#define MJDATA_POINTERS \\\n  X ( mjtNum, qpos, nq, 1 )\n",
  "mujoco.h": "#define mjVERSION_HEADER 340\n",
};

let cache: string;
let wheel: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "myoserve-libmujoco-"));
  wheel = join(cache, "fixture");
  const include = join(wheel, "mujoco", "include", "mujoco");
  mkdirSync(include, { recursive: true });
  for (const [name, text] of Object.entries(HEADERS)) writeFileSync(join(include, name), text);
  writeFileSync(join(wheel, "mujoco", "libmujoco.so.3.4.0"), "library");
  mkdirSync(join(wheel, "mujoco-3.4.0.dist-info", "licenses"), { recursive: true });
  writeFileSync(join(wheel, "mujoco-3.4.0.dist-info", "licenses", "LICENSE"), "Apache");
});

afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

/** A Python whose pip stores a wheel, notes its arguments and requirements, and whose zipfile unpacks the fixture. */
function fakePython(pip = 'for last; do :; done; cat "$last" >> "$LOG"; touch "$DEST/mujoco.whl"'): string {
  const path = join(cache, "python");
  const script = [
    "#!/bin/sh",
    'if [ "$1" = -c ]; then echo 3.12.1; exit 0; fi',
    `LOG=${join(cache, "log")}`,
    'if [ "$2" = pip ]; then',
    '  echo "$@" >> "$LOG"; DEST=; next=; for a; do [ "$next" ] && DEST=$a; next=; [ "$a" = --dest ] && next=1; done',
    `  ${pip}`,
    "  exit",
    "fi",
    `if [ "$2" = zipfile ]; then cp -r ${wheel} "$5"; exit; fi`,
    "exit 1",
  ];
  writeFileSync(path, `${script.join("\n")}\n`, { mode: 0o755 });
  return path;
}

function environment(python: string): Record<string, string | undefined> {
  return { ...process.env, MYOSERVE_CACHE: cache, MYOSERVE_PYTHON: python, MYOSERVE_MUJOCO_VERSION: undefined };
}

async function failure(python: string, version = "3.4.0"): Promise<string> {
  const pull = pullLibmujoco({ version, env: environment(python) });
  const error: unknown = await pull.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "PackError", code: "PACK_FAILED" });
  expect((error as Error).message).toMatch(COMMAND);
  return (error as Error).message;
}

const left = (): string[] => readdirSync(join(cache, "libmujoco"));

describe.skipIf(process.platform === "win32")("pullLibmujoco", () => {
  it("stores library, headers, layout and licence, once for two callers", async () => {
    const env = environment(fakePython());
    const [path, same] = await Promise.all([pullLibmujoco({ env }), pullLibmujoco({ env })]);
    expect(path).toBe(join(cache, "libmujoco", "3.4.0", "libmujoco.so.3.4.0"));
    expect(same).toBe(path);
    expect(openLibmujoco("3.4.0", env)).toBe(path);
    expect(readdirSync(join(cache, "libmujoco", "3.4.0")).sort()).toEqual([
      "LICENSE",
      "include",
      LAYOUT_FILE,
      "libmujoco.so.3.4.0",
    ]);
    const log = readFileSync(join(cache, "log"), "utf8");
    expect(log.match(/pip download/g)).toHaveLength(1);
    expect(left()).toEqual(["3.4.0"]);
  });

  it("lets pip check the hashes of the pinned version, for whatever Python there is", async () => {
    await pullLibmujoco({ env: environment(fakePython()) });
    const log = readFileSync(join(cache, "log"), "utf8");
    expect(log).toContain("--require-hashes --python-version 3.11 --implementation cp");
    expect(log).toContain("mujoco==3.4.0 --hash=sha256:");
    expect(log.match(/--hash=sha256:[0-9a-f]{64}\b/g)).toHaveLength(5);
    expect(Object.keys(PINNED_WHEELS["3.4.0"]?.sha256 ?? {})).toContain("linux-x64");
  });

  it("takes another version as it comes, from 4.0 on out of mujoco-core", async () => {
    await pullLibmujoco({ version: "4.0.0", env: environment(fakePython()) });
    const log = readFileSync(join(cache, "log"), "utf8");
    expect(log).toContain("mujoco-core==4.0.0\n");
    expect(log).not.toContain("--require-hashes");
    expect(packageOf("3.14.0")).toBe("mujoco");
  });

  it("reads the version from the environment", async () => {
    const env = { ...environment(fakePython()), MYOSERVE_MUJOCO_VERSION: "3.7.0" };
    expect(await pullLibmujoco({ env })).toContain(join("libmujoco", "3.7.0"));
  });

  it("refuses what is no version before anything runs", async () => {
    expect(await failure(fakePython(), "../3")).toContain("a version has the form 3.4.0");
    expect(existsSync(join(cache, "log"))).toBe(false);
  });

  it("says what pip says and leaves nothing behind", async () => {
    const pip = "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1";
    expect(await failure(fakePython(pip))).toContain("THESE PACKAGES DO NOT MATCH THE HASHES");
    expect(await failure(fakePython("echo 'Failed to establish a new connection' >&2; exit 1"))).toContain(
      "the Python package index cannot be reached",
    );
    expect(left()).toEqual([]);
  });

  it("makes a private environment where Python has no pip", async () => {
    const message = await failure(fakePython('echo "/usr/bin/python3: No module named pip" >&2; exit 1'));
    expect(message).toContain("could not make a private environment");
  });

  it("says that a wheel holds no library for this platform", async () => {
    rmSync(join(wheel, "mujoco", "libmujoco.so.3.4.0"));
    expect(await failure(fakePython())).toContain("holds no library for this platform");
    expect(left()).toEqual([]);
  });

  it("says that headers of a new kind cannot be read", async () => {
    writeFileSync(join(wheel, "mujoco", "include", "mujoco", "mjdata.h"), "struct mjData_ { mjtNew x; };\n");
    expect(await failure(fakePython())).toMatch(/was not fetched \(the headers declare no struct mjData/);
    expect(left()).toEqual([]);
  });
});
