import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { RawClient, walkAction } from "./support.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/cli/main.js", import.meta.url));
const HOME = mkdtempSync(path.join(tmpdir(), "myoserve-cli-"));
afterAll(() => rmSync(HOME, { recursive: true, force: true }));

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, MYOSERVE_HOME: HOME } });
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function outcome(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

const myoserve = (...args: string[]) => outcome(start(args));

/** First text on standard output that fits. */
function printed(child: ChildProcess, fits: RegExp): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (fits.test(text)) resolve(text);
    });
    child.on("close", () => reject(new Error(`ended before ${fits}: ${text}`)));
  });
}

describe("every command", () => {
  const commands = [
    "serve",
    "envs",
    "describe",
    "models list",
    "models pull",
    "models export",
    "agents",
    "train",
    "runs",
    "play",
    "compare",
    "doctor",
    "setup tensorflow",
    "bench",
    "check",
    "record",
    "analyse gait",
  ];
  it.each(commands)("%s --help names its options, --json among them", async (command) => {
    const { code, stdout } = await myoserve(...command.split(" "), "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/--json/);
  });

  it.each([
    [["envs"], "envs"],
    [["agents"], "agents"],
    [["models", "list"], "packs"],
    [["doctor"], "findings"],
  ] as const)("%s --json prints one document", async (args, key) => {
    const { code, stdout, stderr } = await myoserve(...args, "--json");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(document[key]?.length).toBeGreaterThan(0);
  });
});

describe("errors are one sentence, exit code 1", () => {
  it.each([
    [["describe", "arm26-reech-v0"], /did you mean "arm26-reach-v0"\?/],
    [["describe", "arm26-reach-v0", "--kwargs", '{"muscels": 12}'], /muscels.*muscles/],
    [["describe", "arm26-reach-v0", "--kwargs", "[1]"], /JSON object/],
    [["models", "pull", "nosuch"], /no model pack "nosuch"/],
    [["models", "pull", "ostrich"], /git clone .*ostrichrl && npx myoserve models pull ostrich --from ostrichrl/],
    [["models", "pull", "ostrich", "--from", "/nosuch"], /\/nosuch holds no OstrichRL models/],
    [["models", "pull", "myosuite", "--from", "."], /takes no --from/],
    [["serve", "--host", "0.0.0.0"], /--insecure/],
    [["serve", "--port", "99999"], /0 to 65535/],
    [["serve", "--engine", "steam"], /Allowed choices are wasm/],
    [["sirve"], /unknown command 'sirve'/],
  ] as const)("%s", async (args, sentence) => {
    const { code, stdout, stderr } = await myoserve(...args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

it("describe and envs for people", async () => {
  const [described, listed] = await Promise.all([
    myoserve("describe", "arm26-reach-v0"),
    myoserve("envs", "--prefix", "arm26"),
  ]);
  expect(described.stdout).toMatch(/keyword arguments\n.*\n? *obs_keys|muscles/);
  expect(listed.stdout.trim().split("\n")).toHaveLength(2);
});

describe("environments of one's own", () => {
  const EXAMPLES = fileURLToPath(new URL("../../envs/declarative/examples", import.meta.url));

  it("are checked, listed and described", async () => {
    const [checked, listed, page] = await Promise.all([
      myoserve("check", EXAMPLES),
      myoserve("envs", "--prefix", "example-arm", "--user-dir", EXAMPLES),
      myoserve("describe", "example-arm-reach-v0", "--markdown", "--user-dir", EXAMPLES),
    ]);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toMatch(/^ok +arm-reach\.json +16 observed numbers, 3 terms$/m);
    expect(listed.stdout).toMatch(/example-arm-reach-v0 +user +your folder/);
    expect(page.stdout).toMatch(/^# example-arm-reach-v0\n[\s\S]+## Reward\n\nreward = 1 · reach \+ 1 · solved/);
  });

  it("are read from MYOSERVE_HOME/envs; a bad file is one sentence", async () => {
    mkdirSync(path.join(HOME, "envs"));
    writeFileSync(path.join(HOME, "envs", "mine.json"), '{"id": "mine-v0"}');
    const [checked, listed, doctor] = await Promise.all([myoserve("check"), myoserve("envs"), myoserve("doctor")]);
    rmSync(path.join(HOME, "envs"), { recursive: true });
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/^-- +mine\.json +BAD_OPTIONS: mine\.json needs the key "\w+", which is missing/);
    expect(listed.code).toBe(0);
    expect(listed.stderr).toMatch(/^BAD_OPTIONS: mine\.json needs the key/);
    expect(doctor.stdout).toMatch(/your envs .+mine\.json needs the key/);
  });
});

it("bench measures an id", async () => {
  const { stdout } = await myoserve(
    "bench",
    "arm26-reach-v0",
    "--envs",
    "2",
    "--seconds",
    "1",
    "--workers",
    "1",
    "--json",
  );
  expect((JSON.parse(stdout) as { env_steps_per_s: number }).env_steps_per_s).toBeGreaterThan(0);
});

describe("serve", () => {
  it("greets with the address, the engine, the environments and a snippet; Ctrl-C ends it clean", async () => {
    const child = start(["serve", "--port", "0", "--workers", "1", "--log-level", "silent"]);
    const done = outcome(child);
    const text = await printed(child, /env\.close\(\)/);
    const url = /listens on (ws:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? "";
    expect(text).toMatch(/engine +wasm 3\.3\.8, 1 physics workers/);
    expect(text).toMatch(/environments +\d+: builtin 2/);
    expect(text).toContain(`url="${url}"`);
    const client = await RawClient.connect(url);
    expect(client.welcome?.server.engine).toBe("wasm 3.3.8");
    child.kill("SIGINT");
    expect(await client.event((message) => message["t"] === "ev.drain")).toHaveProperty("deadline_ms");
    expect(await client.closeCode).toBe(4503);
    expect(await done).toMatchObject({ code: 0, stderr: "" });
  });

  it("with --json prints one line; the built-in arm steps over the socket", async () => {
    const child = start(["serve", "--port", "0", "--workers", "1", "--log-level", "silent", "--json"]);
    const done = outcome(child);
    const { url } = JSON.parse(await printed(child, /\n/)) as { url: string };
    const client = await RawClient.connect(url);
    const made = await client.ask("env.make", { env: "arm26-reach-v0", autoreset: "disabled", kwargs: { muscles: 6 } });
    await client.ask("env.reset", { s: made.s, k: 1, seed: 1 });
    const action = { ...walkAction([0.5, 0.5, 0.5]), shape: [1, 6] };
    expect((await client.ask("env.step", { s: made.s, k: 2, action })).k).toBe(2);
    child.kill("SIGTERM");
    const { code, stdout } = await done;
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });
});
