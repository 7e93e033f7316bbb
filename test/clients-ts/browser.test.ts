import { build } from "esbuild";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import type { IncomingMessage, RequestListener } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FakeServer } from "./fake-server.ts";
import { serve } from "./serve.ts";

const CLIENT = fileURLToPath(new URL("../../clients/ts", import.meta.url));

/** What the page does; it posts its result to the server it came from. */
const PAGE_SCRIPT = `
import { connectBrowser, RemoteVectorEnv } from "./browser.ts";
const run = async (json) => {
  const client = await connectBrowser(undefined, { json, maxRetryDelayMs: 10 });
  const env = await RemoteVectorEnv.make(client, "fake-v0", { numEnvs: 2 });
  await env.reset([1, 2]);
  const batches = await Promise.all([1, 2, 3].map((v) => env.step([Float32Array.from([v, -v])])));
  let code = "";
  try { await env.step([Float32Array.from([NaN, 0])]); } catch (error) { code = error.code; }
  await env.close();
  await client.close();
  return { rewards: batches.map((b) => [...b.reward]), obs: [...batches[2].obs[0]], code };
};
const result = await run(false).then(async (msgpack) => ({ msgpack, json: await run(true) })).catch((e) => ({ error: String(e) }));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });
`;

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PAGE_SCRIPT, resolveDir: CLIENT, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  return outputFiles[0]?.text ?? "";
}

function findChromium(): string | undefined {
  return ["chromium", "chromium-browser"].find((name) => spawnSync(name, ["--version"]).status === 0);
}

function startChromium(command: string, url: string, profile: string): ChildProcess {
  const quiet = ["quic", "background-networking", "component-update", "sync"].map((name) => `--disable-${name}`);
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    ...quiet,
    "--no-first-run",
    "--remote-debugging-port=0",
  ];
  return spawn(command, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Runs the script in a page of its own and returns what it posts. */
async function runInPage(chromium: string, fake: FakeServer, script: string): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), "myoserve-chromium-"));
  let post: (result: unknown) => void = () => undefined;
  const posted = new Promise((resolve) => {
    post = resolve;
  });
  const listener: RequestListener = (request, response) => {
    if (request.url === "/script.js") response.setHeader("content-type", "text/javascript").end(script);
    else if (request.url === "/result")
      void bodyOf(request).then((text) => {
        response.end();
        post(JSON.parse(text));
      });
    else response.setHeader("content-type", "text/html").end('<script type="module" src="/script.js"></script>');
  };
  const served = await serve(fake, listener);
  const browser = startChromium(chromium, `http://127.0.0.1:${served.port}/`, profile);
  const ended = new Promise((resolve) => browser.once("exit", resolve));
  try {
    return await Promise.race([posted, ended.then(() => ({ error: "chromium ended before the page had a result" }))]);
  } finally {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
    await ended;
    await served.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const chromium = findChromium();

describe("connectBrowser", () => {
  it("bundles without anything of Node's", async () => {
    const script = await bundle();
    expect(script).not.toMatch(/(?:from|require\()\s*"(?:node:|stream|fs|path|ws|module")/);
    expect(script).not.toContain("createRequire");
    // ajv generates code, which pages with a content security policy refuse.
    expect(script).not.toContain("additionalProperties must be");
  });

  it.skipIf(chromium === undefined)(
    `steps an environment from a page${chromium === undefined ? " (skipped: no chromium on PATH)" : ""}`,
    async () => {
      const fake = new FakeServer();
      const expected = {
        rewards: [
          [1, -1],
          [3, -3],
          [6, -6],
        ],
        obs: [0, 6, 1, -6],
        code: "BAD_ACTION",
      };
      expect(await runInPage(chromium ?? "", fake, await bundle())).toEqual({ msgpack: expected, json: expected });
      expect(fake.received[0]).toMatchObject({ t: "hello", client: { lang: "ts" } });
    },
    60_000,
  );
});
