import path from "node:path";
import type { EngineId } from "../../envs/engine/physics.ts";
import { pythonEnvironment } from "../tooling/python-env.mjs";
import { Contestant, ROOT } from "./contestant.ts";

export const PEERS = path.join(ROOT, "test/bench/peers");

/** What a server prints when it listens. */
interface Listening {
  readonly url: string;
  /** Engine and version, e.g. "wasm 3.3.8". */
  readonly engine: string;
  readonly workers: number;
}

export interface BenchServer extends Listening {
  readonly process: Contestant;
}

export interface ServerOptions {
  readonly engine?: EngineId;
  readonly workers?: number | null;
  /** Flags of node itself. */
  readonly nodeFlags?: readonly string[];
}

/** The engine that was asked for does not run here. */
export class EngineMissingError extends Error {}

/** Python of a private environment of the benchmarks. */
function benchPython(folder: string, requirements: string, ...flags: readonly string[]): string {
  const venv = path.join(ROOT, "test/bench", folder);
  const python = pythonEnvironment(ROOT, venv, path.join(PEERS, requirements), ["--no-deps", ...flags]);
  if (python === null) throw new Error(`The Python environment of ${requirements} could not be made.`);
  return python;
}

/** Python of the private environment that holds the peers and the client. */
export function peerPython(): string {
  return benchPython(".venv", "requirements.txt");
}

/** The same with depRL and torch, 5 GB; depRL refuses Python 3.11.6 and newer by its metadata alone. */
export function deprlPython(): string {
  return benchPython(".venv-deprl", "requirements-deprl.txt", "--ignore-requires-python");
}

/** The programs of one benchmark; all are stopped when it is over, whatever happens. */
export class Stage {
  readonly #programs: Contestant[] = [];

  /** A compiled program of this folder. */
  node(name: string, script: string, ...args: readonly (string | number)[]): Contestant {
    const file = path.join(ROOT, "dist/test/bench", script);
    return this.program(name, process.execPath, [file, ...args.map(String)]);
  }

  /** A script of `peers/` in the peers' Python environment. */
  python(name: string, script: string, ...args: readonly (string | number)[]): Contestant {
    return this.program(name, peerPython(), [path.join(PEERS, script), ...args.map(String)]);
  }

  /** A script of `peers/` in the environment with depRL and torch. */
  deprl(name: string, script: string, ...args: readonly (string | number)[]): Contestant {
    return this.program(name, deprlPython(), [path.join(PEERS, script), ...args.map(String)]);
  }

  program(name: string, command: string, args: readonly string[]): Contestant {
    const program = new Contestant(name, command, args);
    this.#programs.push(program);
    return program;
  }

  /**
   * A server on a free port.
   * @throws EngineMissingError when it runs another engine than asked for, or none.
   */
  async server(options: ServerOptions = {}): Promise<BenchServer> {
    const { engine = "wasm", workers = null, nodeFlags = [] } = options;
    const args = ["serve", "--port", "0", "--json", "--log-level", "warn", "--engine", engine];
    if (workers !== null) args.push("--workers", String(workers));
    const main = path.join(ROOT, "dist/server/cli/main.js");
    const server = this.program(`server-${engine}`, process.execPath, [...nodeFlags, main, ...args]);
    let listening: Listening;
    try {
      listening = JSON.parse(await server.line()) as Listening;
    } catch {
      throw new EngineMissingError(`The server did not start with --engine ${engine}.`);
    }
    if (!listening.engine.startsWith(engine)) {
      throw new EngineMissingError(`The server was asked for ${engine} but runs ${listening.engine}.`);
    }
    return { ...listening, process: server };
  }

  /** Stop every program, servers last. */
  async clear(): Promise<void> {
    for (const program of this.#programs.splice(0).reverse()) {
      await program.stop(program.name.startsWith("server-") ? 0 : undefined);
    }
  }
}

/** Run a benchmark with programs that are stopped at its end. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage();
  try {
    return await play(stage);
  } finally {
    await stage.clear();
  }
}
