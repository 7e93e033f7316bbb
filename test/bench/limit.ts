import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { interleave, ROOT } from "./contestant.ts";
import { writeWorkload } from "./physics-workload.ts";
import { atLeast, median, note, report, type Verdict } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { EngineMissingError, onStage, PEERS, peerPython, type Stage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
/** The native engine's version. */
const MUJOCO = "3.4.0";
const THREADS = 2;
/** Share of the limit, native engine. */
const TARGET = 0.88;

function run(command: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  if (status === 0) return null;
  return error?.message ?? stderr.trim();
}

/** libmujoco and its headers out of the wheel. @returns the package's folder. @throws Error without a network. */
function mujocoWheel(): string {
  const target = path.join(ROOT, `test/bench/.venv/mujoco-${MUJOCO}`);
  const folder = path.join(target, "mujoco");
  if (existsSync(path.join(folder, "include/mujoco/mujoco.h"))) return folder;
  const problem = run(peerPython(), [
    ...["-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:"],
    ...["--target", target, `mujoco==${MUJOCO}`],
  ]);
  if (problem !== null) throw new Error(problem);
  return folder;
}

/** @returns a sentence why it could not be compiled, else null. */
function compile(into: string): string | null {
  const wheel = mujocoWheel();
  const missing = run("cc", ["--version"]);
  if (missing !== null) return `There is no C compiler (${missing}).`;
  return run("cc", [
    ...["-std=c11", "-D_POSIX_C_SOURCE=199309L", "-O2", "-pthread", "-o", into, path.join(PEERS, "physics_limit.c")],
    ...["-I", path.join(wheel, "include"), path.join(wheel, `libmujoco.so.${MUJOCO}`), `-Wl,-rpath,${wheel}`],
  ]);
}

interface Run {
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly shares: Readonly<Record<string, number>>;
}

async function compare(stage: Stage, id: string, binary: string, folder: string, settings: BenchSettings) {
  const rows = settings.rows ?? 64;
  const files = [path.join(folder, "model.xml"), path.join(folder, "workload.bin")];
  const limit = stage.program("limit", binary, [...files, String(THREADS), String(rows)]);
  const contestants = [limit];
  const skipped: string[] = [];
  for (const engine of settings.engines) {
    try {
      const { url } = await stage.server({ engine, workers: THREADS });
      contestants.push(stage.python(engine, "myoserve_vector.py", url, id, rows));
    } catch (error) {
      if (!(error instanceof EngineMissingError)) throw error;
      skipped.push(`engine ${engine}: ${error.message}`);
    }
  }
  for (const contestant of contestants) await contestant.ready();
  const values = await interleave(contestants, settings.rounds ?? 5, settings.seconds ?? 5);
  const bound = values.get("limit") ?? [];
  const shares = contestants.slice(1).map(({ name }): [string, number] => {
    const ratios = (values.get(name) ?? []).map((rate, round) => rate / (bound[round] ?? Number.NaN));
    return [name, median(ratios)];
  });
  return { values: Object.fromEntries(values), shares: Object.fromEntries(shares), skipped };
}

/** End to end through the Python client against the same MuJoCo calls in C, on as many threads as there are workers. */
export async function benchLimit(settings: BenchSettings): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "myoserve-limit-"));
  const verdicts: Verdict[] = [];
  const raw: Record<string, Run> = {};
  const skipped: string[] = [];
  try {
    const binary = path.join(folder, "physics_limit");
    const problem = compile(binary);
    if (problem !== null) skipped.push(problem);
    using engine = await createWasmEngine();
    for (const id of problem === null ? (settings.ids ?? [ENV_ID]) : []) {
      const workload = path.join(folder, id);
      writeWorkload(id, engine, workload);
      const found = await onStage((stage) => compare(stage, id, binary, workload, settings));
      raw[id] = found;
      skipped.push(...found.skipped);
      for (const [name, share] of Object.entries(found.shares)) {
        if (name === "native") verdicts.push(atLeast(`${id} ${name} / the same calls in C`, share, TARGET));
        else note(`${id} ${name} / the same calls in C`, share);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report("limit", verdicts, { unit: "env-steps/s", threads: THREADS, mujoco: MUJOCO, ...raw }, skipped);
}
