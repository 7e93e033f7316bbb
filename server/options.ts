import { availableParallelism } from "node:os";
import { SERVER_LIMITS } from "../protocol/codec.ts";
import type { EngineName } from "../envs/engine/select.ts";
import { createLog, type Log } from "./log.ts";

export const DEFAULT_PORT = 6960;
const SECOND = 1000;

/** What a server is started with; everything has a default. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Bind another address than loopback although there is no authentication. */
  readonly insecure?: boolean;
  /** Default wasm. */
  readonly engine?: EngineName;
  /** Physics workers; the number of cores by default. */
  readonly workers?: number;
  readonly log?: Log;
  /** How long a session survives its socket, ms. */
  readonly leaseMs?: number;
  /** First message of a connection must come within so many ms. */
  readonly helloTimeoutMs?: number;
  /** WebSocket ping interval, ms. */
  readonly pingMs?: number;
  readonly maxSessions?: number;
  /** Rows of all sessions and runs together. */
  readonly maxEnvs?: number;
  readonly maxAgents?: number;
  /** URL of a module that exports `catalog`; the built-in environments by default. */
  readonly catalog?: string;
  /** Folder of task files and model packs of the user; null (default): none. */
  readonly userDir?: string | null;
  /** Folder of training runs; null (default): `$MYOSERVE_HOME/runs`. */
  readonly runsDir?: string | null;
  /** Training runs that are worked on at a time. */
  readonly maxRuns?: number;
  /** How long a server that has a run's rows may be out of reach, ms, beyond the lease of its session. */
  readonly remotePatienceMs?: number;
  /** Continue the runs that were running when their process ended. */
  readonly resumeRuns?: boolean;
  /** URL of a module that exports further algorithms as `learners`; null (default): none. */
  readonly learners?: string | null;
}

export type Settings = Required<ServerOptions> & { readonly maxMessage: number };

/** Options with defaults filled in. */
export function settingsOf(options: ServerOptions): Settings {
  return {
    port: DEFAULT_PORT,
    host: "127.0.0.1",
    insecure: false,
    engine: "wasm",
    workers: availableParallelism(),
    leaseMs: 300 * SECOND,
    helloTimeoutMs: 5 * SECOND,
    pingMs: 20 * SECOND,
    maxSessions: 1024,
    maxEnvs: 16_384,
    maxAgents: 256,
    catalog: new URL(import.meta.url.endsWith(".ts") ? "./environments.ts" : "./environments.js", import.meta.url).href,
    userDir: null,
    runsDir: null,
    maxRuns: 4,
    remotePatienceMs: 600 * SECOND,
    resumeRuns: false,
    learners: null,
    ...options,
    log: options.log ?? createLog("info"),
    maxMessage: SERVER_LIMITS.maxMessage,
  };
}
