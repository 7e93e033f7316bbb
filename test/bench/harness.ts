import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../tooling/python-env.mjs";

/** Project root, from dist/test/bench. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const PEERS = path.join(ROOT, "test/bench/peers");
const RESULTS = path.join(ROOT, "test/bench/results");

export interface RunResult {
  readonly value: number;
  readonly [key: string]: number;
}

/** A program that prints "ready" (or a JSON line) and answers each line "<seconds>" with one JSON result. */
export class Contestant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((line: string | null) => void)[] = [];
  readonly #pending: string[] = [];

  constructor(name: string, command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
      cwd: ROOT,
    });
    if (this.#child.stdout === null) throw new Error(`${name} has no standard output.`);
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on("line", (line) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#pending.push(line);
      else next(line);
    });
    this.#lines.on("close", () => {
      for (const next of this.#waiting.splice(0)) next(null);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async line(): Promise<string> {
    const line = this.#pending.shift() ?? (await new Promise<string | null>((resolve) => this.#waiting.push(resolve)));
    if (line === null) throw new Error(`${this.name} ended before it answered.`);
    return line;
  }

  async ready(): Promise<void> {
    while ((await this.line()) !== "ready");
  }

  async run(seconds: number): Promise<RunResult> {
    this.#child.stdin?.write(`${String(seconds)}\n`);
    return JSON.parse(await this.line()) as RunResult;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    this.#child.kill("SIGINT");
    const forced = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(forced);
  }
}

/** A server on a free port with default settings. */
export async function startServer(options: readonly string[] = []): Promise<{ server: Contestant; url: string }> {
  const main = path.join(ROOT, "dist/server/cli/main.js");
  const args = [main, "serve", "--port", "0", "--json", "--log-level", "warn", ...options];
  const server = new Contestant("server", process.execPath, args);
  const { url } = JSON.parse(await server.line()) as { url: string };
  return { server, url };
}

/** Python of the private environment that holds the peers and the client. */
export function peerPython(): string {
  const python = pythonEnvironment(ROOT, path.join(ROOT, "test/bench/.venv"), path.join(PEERS, "requirements.txt"), [
    "--no-deps",
  ]);
  if (python === null) throw new Error("The peers' Python environment could not be made.");
  return python;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** `rounds` times each contestant in turn, so that drift of the machine hits all alike; raw values by name. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  seconds: number,
): Promise<Map<string, number[]>> {
  const values = new Map(contestants.map((contestant) => [contestant.name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) values.get(contestant.name)?.push((await contestant.run(seconds)).value);
  }
  return values;
}

/** One number the issue asks for. */
export interface Verdict {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Human-readable bound, e.g. ">= 1.4 x". */
  readonly target: string;
  readonly reached: boolean;
}

/** Write raw figures with commit and machine beside them, and print the verdicts. */
export function report(name: string, verdicts: readonly Verdict[], raw: unknown): void {
  const git = spawnSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" });
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.cpus().length,
    node: process.version,
    platform: os.platform(),
  };
  const result = { name, commit: git.stdout.trim(), date: new Date().toISOString(), machine, verdicts, raw };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path.join(RESULTS, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  for (const verdict of verdicts) {
    const mark = verdict.reached ? "reached" : "NOT REACHED";
    console.log(`${verdict.name}: ${verdict.value.toFixed(3)} ${verdict.unit} (target ${verdict.target}: ${mark})`);
  }
}
