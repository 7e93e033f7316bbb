import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADDON_FILE, findAddon, tensorflowFolder } from "../../agents/core/tensor/addon.ts";
import { nodeHeaders } from "../../server/tensorflow/compile.ts";
import { wheelsFor } from "../../server/tensorflow/recipe.ts";
import { openSetup, setupTensorflow, type SetupOptions } from "../../server/tensorflow/setup-tensorflow.ts";

const COMMAND = /run: npx myoserve setup tensorflow$/;

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "myoserve-tensorflow-"));
});

afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

function script(name: string, lines: readonly string[]): string {
  const path = join(cache, name);
  writeFileSync(path, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
  return path;
}

/** Stores an empty wheel, notes its requirements; unpacking makes what the wheel would hold. */
const fakePython = (): string =>
  script("python", [
    'if [ "$1" = -c ] && [ $# = 2 ]; then echo 3.12.1; exit 0; fi',
    'if [ "$1" = -c ]; then',
    '  mkdir -p "$4/tensorflow/include"',
    "  for f in libtensorflow_cc.so.2 libtensorflow_framework.so.2 THIRD_PARTY_NOTICES.txt include/LICENSE; do",
    '    echo x > "$4/tensorflow/$f"',
    "  done",
    "  exit",
    "fi",
    'DEST=; next=; for a; do [ "$next" ] && DEST=$a; next=; [ "$a" = --dest ] && next=1; last=$a; done',
    `echo "$@" >> ${join(cache, "log")}; cat "$last" >> ${join(cache, "log")}`,
    'touch "$DEST/tensorflow.whl"',
  ]);

const environment = (compiler: string): Record<string, string | undefined> => ({
  ...process.env,
  MYOSERVE_CACHE: cache,
  MYOSERVE_PYTHON: fakePython(),
  CXX: compiler,
});

async function failure(env: Record<string, string | undefined>, options: SetupOptions = {}): Promise<string> {
  const error: unknown = await setupTensorflow({ variant: "cpu", env, ...options }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "PackError", code: "PACK_FAILED" });
  expect((error as Error).message).toMatch(COMMAND);
  expect(openSetup(env)).toBeNull();
  expect(readdirSync(join(cache, "tensorflow"))).toEqual([]);
  return (error as Error).message;
}

describe.skipIf(wheelsFor("cpu") === null)("setupTensorflow", () => {
  it("fetches the pinned wheel, its hash checked by pip, for whatever Python there is", async () => {
    await failure(environment("/nowhere/c++"));
    const log = readFileSync(join(cache, "log"), "utf8");
    expect(log).toContain("--no-deps --only-binary=:all:");
    expect(log).toContain("--require-hashes --python-version 3.11 --implementation cp");
    expect(log).toMatch(/^tensorflow(-cpu)?==2\.21\.0 --hash=sha256:[0-9a-f]{64}$/m);
  });

  it("says that there is no compiler, and where to get one", async () => {
    expect(await failure(environment("/nowhere/c++"))).toContain(
      "there is no C++ compiler /nowhere/c++; install one (Debian and Ubuntu: apt install g++)",
    );
  });

  it("says what the compiler says", async () => {
    const compiler = script("c++", ["echo 'tfjs_backend.cc:7:2: error: no such header' >&2", "exit 1"]);
    expect(await failure(environment(compiler))).toContain("error: no such header");
  });

  it("does not keep an addon that does not run", async () => {
    const compiler = script("c++", ["while [ $# -gt 1 ]; do shift; done", 'echo "no library" > "$1"']);
    expect(await failure(environment(compiler))).toMatch(/the addon does not run: .*Error/);
    expect(findAddon({ MYOSERVE_CACHE: cache })).toBe(findAddon({ MYOSERVE_CACHE: "/nowhere" }));
  });

  it("finds Node's headers beside Node or where npm_config_nodedir says, else says where they belong", () => {
    const beside = join(cache, "node", "include", "node");
    const node = join(cache, "node", "bin", "node");
    const named = { npm_config_nodedir: join(cache, "named") };
    expect(() => nodeHeaders(named, node)).toThrow(
      `Node's headers are not at ${join(cache, "named", "include", "node")} or ${beside}; install Node`,
    );
    mkdirSync(beside, { recursive: true });
    writeFileSync(join(beside, "node_api.h"), "");
    expect(nodeHeaders(named, node)).toBe(beside);
    expect(nodeHeaders({ npm_config_nodedir: join(cache, "node") }, "/nowhere/bin/node")).toBe(beside);
  });

  it("does nothing where it is done already, and does it again for another variant", async () => {
    const env = environment("/nowhere/c++");
    const folder = tensorflowFolder(env);
    mkdirSync(dirname(join(folder, ADDON_FILE)), { recursive: true });
    writeFileSync(join(folder, ADDON_FILE), "");
    const setup = { variant: "cpu", tensorflow: "2.21.0", addon: "4.22.0", recipe: 2 };
    writeFileSync(join(folder, "setup.json"), JSON.stringify(setup));
    expect(await setupTensorflow({ variant: "cpu", env })).toBe(join(folder, ADDON_FILE));
    expect(existsSync(join(cache, "log"))).toBe(false);
    await expect(setupTensorflow({ variant: "cpu", env, force: true })).rejects.toThrow(COMMAND);
    expect(openSetup(env)).toEqual(setup);
  });
});

describe("wheelsFor", () => {
  it("pins every wheel by its hash, and knows where there is no recipe", () => {
    for (const platform of ["linux-x64", "linux-arm64"]) {
      for (const { sha256 } of wheelsFor("cpu", platform) ?? []) expect(sha256[0]).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(wheelsFor("cuda", "linux-x64")?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["tensorflow", "nvidia-cudnn-cu12", "nvidia-cublas-cu12"]),
    );
    expect(wheelsFor("cpu", "win32-x64")).toBeNull();
    expect(wheelsFor("cuda", "linux-arm64")).toBeNull();
  });
});
