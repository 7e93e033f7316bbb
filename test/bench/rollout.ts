import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { EngineId } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { interleave } from "./contestant.ts";
import { writeWorkload } from "./physics-workload.ts";
import { atLeast, median, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { EngineMissingError, onStage, type Stage } from "./stage.ts";

const ENV_ID = "myoHandPoseRandom-v0";
const SEQUENCES = 64;
const HORIZON = 30;
const THREADS = 2;
/** Share of the peer's rate. */
const TARGETS: Readonly<Record<EngineId, number>> = { wasm: 0.5, native: 0.95 };

async function compare(stage: Stage, folder: string, settings: BenchSettings) {
  const sequences = settings.rows ?? SEQUENCES;
  const contestants = [stage.python("mujoco", "mujoco_rollout.py", folder, sequences, HORIZON, THREADS)];
  const skipped: string[] = [];
  for (const engine of settings.engines) {
    try {
      const { url } = await stage.server({ engine, workers: THREADS });
      contestants.push(stage.python(engine, "myoserve_rollout.py", url, ENV_ID, sequences, HORIZON));
    } catch (error) {
      if (!(error instanceof EngineMissingError)) throw error;
      skipped.push(`engine ${engine}: ${error.message}`);
    }
  }
  for (const contestant of contestants) await contestant.ready();
  const values = await interleave(contestants, settings.rounds ?? 5, settings.seconds ?? 6);
  return { values, skipped };
}

/**
 * 64 sequences of 30 control steps of the hand through the Python client, tasks and rewards included, against
 * mujoco.rollout in-process, physics alone.
 */
export async function benchRollout(settings: BenchSettings): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "myoserve-rollout-"));
  try {
    using engine = await createWasmEngine();
    writeWorkload(ENV_ID, engine, folder);
    const { values, skipped } = await onStage((stage) => compare(stage, folder, settings));
    const peer = values.get("mujoco") ?? [];
    const verdicts = settings.engines.flatMap((id) => {
      const ratios = (values.get(id) ?? []).map((rate, round) => rate / (peer[round] ?? Number.NaN));
      const name = `${ENV_ID} ${settings.rows ?? SEQUENCES} x ${HORIZON} ${id} / mujoco.rollout`;
      return ratios.length === 0 ? [] : [atLeast(name, median(ratios), TARGETS[id])];
    });
    report("rollout", verdicts, { unit: "control steps/s", threads: THREADS, ...Object.fromEntries(values) }, skipped);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
