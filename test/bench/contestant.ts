import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Project root, from dist/test/bench. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** After so many ms a program whose input was closed is interrupted, then killed. */
const INTERRUPT_AFTER = 1000;
const KILL_AFTER = 10_000;

/** What a program answers to one line "<seconds>"; units are the program's. */
export interface RunResult {
  readonly value: number;
  readonly [key: string]: number;
}

/** A program that prints "ready" (or a JSON line) and answers each line "<seconds>" with one JSON result. */
export class Contestant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string | null) => void)[] = [];
  readonly #pending: string[] = [];
  #ended = false;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], cwd: ROOT });
    const { stdout, stdin } = this.#child;
    if (stdout === null || stdin === null) throw new Error(`${name} has no standard streams.`);
    // A program that died is reported by the line that never comes.
    stdin.on("error", () => undefined);
    const lines = createInterface({ input: stdout });
    lines.on("line", (line) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#pending.push(line);
      else next(line);
    });
    lines.on("close", () => {
      this.#ended = true;
      for (const next of this.#waiting.splice(0)) next(null);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The next line. @throws Error when the program ended. */
  async line(): Promise<string> {
    const line = this.#pending.shift() ?? (this.#ended ? null : await this.#nextLine());
    if (line === null) throw new Error(`${this.name} ended before it answered.`);
    return line;
  }

  async ready(): Promise<void> {
    while ((await this.line()) !== "ready");
  }

  run(seconds: number): Promise<RunResult> {
    return this.ask(String(seconds));
  }

  /** Send a line, wait for its JSON answer. */
  async ask(line: string): Promise<RunResult> {
    this.#child.stdin?.write(`${line}\n`);
    return JSON.parse(await this.line()) as RunResult;
  }

  /** End the program: by the end of its input, else by a signal. Idempotent. */
  async stop(signalAfter = INTERRUPT_AFTER): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    const interrupt = setTimeout(() => this.#child.kill("SIGINT"), signalAfter);
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER);
    await gone;
    clearTimeout(interrupt);
    clearTimeout(kill);
  }

  #nextLine(): Promise<string | null> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** `rounds` times each contestant in turn, so that drift of the machine hits all alike; raw values by name. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  seconds: number,
): Promise<Map<string, number[]>> {
  const results = await interleaveRuns(contestants, rounds, seconds);
  return new Map([...results].map(([name, runs]) => [name, runs.map((run) => run.value)]));
}

/** The same with everything the programs answer. */
export async function interleaveRuns(
  contestants: readonly Contestant[],
  rounds: number,
  seconds: number,
): Promise<Map<string, RunResult[]>> {
  const results = new Map(contestants.map((contestant) => [contestant.name, [] as RunResult[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) results.get(contestant.name)?.push(await contestant.run(seconds));
  }
  return results;
}
