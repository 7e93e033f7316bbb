import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../envs/packs/lock.ts";
import type { PullProgress } from "../../envs/packs/install.ts";
import { pullPack } from "../../envs/packs/pull.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "myoserve-pull-"));
});

afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

const COMMAND = /run: npx myoserve models pull myosuite$/;

function environment(extra: Record<string, string>): Record<string, string | undefined> {
  return { ...process.env, MYOSERVE_CACHE: cache, MYOSERVE_PYTHON: undefined, ...extra };
}

/** A Python that says a version and then does what the script says. */
function fakePython(version: string, script: string): string {
  const path = join(cache, "python");
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = -c ]; then echo ${version}; exit 0; fi\n${script}\n`, { mode: 0o755 });
  return path;
}

async function failure(env: Record<string, string | undefined>): Promise<string> {
  const error: unknown = await pullPack("myosuite", { env }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "PackError", code: "PACK_FAILED" });
  return (error as Error).message;
}

function leftovers(): string[] {
  return readdirSync(join(cache, "packs"));
}

describe.skipIf(process.platform === "win32")("pullPack without what it needs", () => {
  it("says that no Python was found", async () => {
    const message = await failure(environment({ PATH: cache }));
    expect(message).toMatch(/needs Python 3\.10 or newer once, and no Python was found/);
    expect(message).toMatch(COMMAND);
    expect(leftovers()).toEqual([]);
  });

  it("says that the Python named by MYOSERVE_PYTHON cannot be run", async () => {
    const message = await failure(environment({ MYOSERVE_PYTHON: "/no/such/python" }));
    expect(message).toContain("/no/such/python is no usable Python (it cannot be run)");
    expect(message).toMatch(COMMAND);
  });

  it("says that a Python is too old", async () => {
    expect(await failure(environment({ MYOSERVE_PYTHON: fakePython("3.9.2", "exit 1") }))).toContain("is Python 3.9.2");
  });

  it("says that venv is missing", async () => {
    const python = fakePython("3.11.2", "echo 'ensurepip is not available' >&2; exit 1");
    const message = await failure(environment({ MYOSERVE_PYTHON: python }));
    expect(message).toContain("ensurepip is not available");
    expect(message).toContain("apt install python3-venv");
    expect(message).toMatch(COMMAND);
    expect(leftovers()).toEqual([]);
  });

  it("says that the package index cannot be reached", async () => {
    const pip = "#!/bin/sh\\necho 'Failed to establish a new connection' >&2\\nexit 1\\n";
    const python = fakePython(
      "3.11.2",
      `mkdir -p "$3/bin"; printf "${pip}" > "$3/bin/python"; chmod +x "$3/bin/python"`,
    );
    const message = await failure(environment({ MYOSERVE_PYTHON: python }));
    expect(message).toContain("the Python package index cannot be reached");
    expect(message).toMatch(COMMAND);
    expect(leftovers()).toEqual([]);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const abort = new AbortController();
    const onProgress = ({ stage }: PullProgress): void => {
      if (stage === "packages")
        setTimeout(() => {
          abort.abort();
        }, 100);
    };
    const env = environment({ MYOSERVE_PYTHON: fakePython("3.11.2", "sleep 30") });
    const start = performance.now();
    await expect(pullPack("myosuite", { env, onProgress, signal: abort.signal })).rejects.toThrow(/interrupted/);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(leftovers()).toEqual([]);
  });
});

describe("pack lock", () => {
  const signal = new AbortController().signal;

  it("lets the second caller wait for the first", async () => {
    const path = join(cache, "packs", ".lock");
    const order: string[] = [];
    const release = await takeLock(path, { signal });
    const second = takeLock(path, { signal, onWait: () => order.push("waits") }).then((free) => {
      order.push("has it");
      free();
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    order.push("released");
    release();
    await second;
    expect(order).toEqual(["waits", "released", "has it"]);
    expect(existsSync(path)).toBe(false);
  });

  it("takes over from a process that is gone", async () => {
    const path = join(cache, "packs", ".lock");
    mkdirSync(join(cache, "packs"));
    writeFileSync(path, "2147483646");
    const release = await takeLock(path, { signal });
    release();
    expect(existsSync(path)).toBe(false);
  });
});
