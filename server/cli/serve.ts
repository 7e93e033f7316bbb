import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import { Option } from "commander";
import { ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import { needsFolder, pullCommand } from "../../envs/packs/pack-error.ts";
import type { CatalogEntry } from "../catalog.ts";
import { createLog, LOG_LEVELS, type LogLevel } from "../log.ts";
import { DEFAULT_PORT } from "../options.ts";
import type { RunningServer } from "../server.ts";
import { printJson } from "./json.ts";
import { integer, userDirOption } from "./options.ts";

/**
 * V8 shrinks the young generation of a quiet thread to a megabyte or two and, a step at a time, takes minutes to grow it
 * back to 16: memory in use then climbs under an even load. In one step instead.
 */
const HEAP_FLAGS = "--semi-space-growth-factor=16";
const MAX_PORT = 65_535;
const MAX_WORKERS = 1024;

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly engine: EngineName;
  readonly workers?: number;
  readonly insecure: boolean;
  readonly userDir: string | null;
  readonly resumeRuns: boolean;
  readonly logLevel: LogLevel;
  readonly json: boolean;
}

/** Number of ids by family. */
export function countFamilies(entries: readonly CatalogEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { family } of entries) counts[family] = (counts[family] ?? 0) + 1;
  return counts;
}

function snippet(url: string, id: string): string {
  return [
    "import gymnasium as gym",
    "import myoserve",
    "",
    `env = gym.make("myoserve/${id}", url="${url}")`,
    "obs, info = env.reset(seed=0)",
    "for _ in range(100):",
    "    obs, reward, terminated, truncated, info = env.step(env.action_space.sample())",
    '    print(f"{reward:.3f}", terminated, truncated)',
    "env.close()",
  ].join("\n");
}

/** What people see when the server listens. */
function greet(server: RunningServer): void {
  const entries = server.catalog.list();
  const families = Object.entries(countFamilies(entries)).map(([family, count]) => `${family} ${count}`);
  const missing = new Set(
    entries.flatMap(({ pack }) => (pack === null || server.catalog.installed(pack) ? [] : [pack])),
  );
  console.log(`MyoServe listens on ${server.url}`);
  console.log(`engine        ${server.engine}, ${server.workers} physics workers`);
  console.log(`environments  ${entries.length}: ${families.join(", ")}`);
  for (const { error } of server.faults) console.log(`not loaded    ${error.code}: ${error.message}`);
  for (const pack of missing) {
    const how = needsFolder(pack) ? "is made of files you fetch" : "is pulled at first use";
    console.log(`model pack    ${pack} ${how} (${pullCommand(pack)})`);
  }
  const id =
    entries.find(({ id: candidate }) => candidate === "myoLegWalk-v0")?.id ?? entries[0]?.id ?? "arm26-reach-v0";
  console.log(
    `\nIn Python (python3 -m venv .venv && .venv/bin/pip install ./clients/python):\n\n${snippet(server.url, id)}\n`,
  );
}

/** Resolves when the process is asked to end. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}

async function serve(flags: ServeFlags): Promise<void> {
  const { json, logLevel, workers, ...options } = flags;
  setFlagsFromString(HEAP_FLAGS);
  const asked = stopSignal();
  const log = createLog(logLevel);
  const { startServer } = await import("../server.ts");
  const server = await startServer({ ...options, log, ...(workers !== undefined && { workers }) });
  if (json) {
    const { url, port, engine } = server;
    printJson({ url, port, engine, workers: server.workers, envs: server.catalog.list().length, pid: process.pid }, 0);
  } else greet(server);
  const signal = await asked;
  log.info({ signal }, "shutting down");
  await server.stop("the server was asked to stop");
}

export function addServeCommand(root: Command): void {
  root
    .command("serve")
    .description("serve environments and agents over WebSocket")
    .option("--port <number>", "port, 0 for any free one", integer(0, MAX_PORT), DEFAULT_PORT)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("wasm"))
    .option("--workers <number>", "physics worker threads (default: one a core)", integer(1, MAX_WORKERS))
    .option("--insecure", "listen on another address than loopback although there is no authentication", false)
    .addOption(userDirOption())
    .option("--no-resume-runs", "leave training runs as they are that were running when their server ended")
    .addOption(new Option("--log-level <level>", "least level to log").choices([...LOG_LEVELS]).default("info"))
    .option("--json", "print one JSON line with the address when the server listens", false)
    .action(serve);
}
