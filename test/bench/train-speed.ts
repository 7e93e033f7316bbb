import os from "node:os";
import type { EngineId } from "../../envs/engine/physics.ts";
import { interleaveRuns, type Contestant } from "./contestant.ts";
import { atLeast, median, note, report, type Verdict } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage, type Stage } from "./stage.ts";

const ENV = "myoLegWalk-v0";
const BOUND = 1.5;
/** Units of both hidden layers: those of depRL's smaller bodies, and those it uses for the leg. */
const WIDTHS = [256, 1024] as const;
/** Rows of both sides; divides the 1,000 steps between two rounds of gradient steps. */
const ROWS = 40;
/** Processes that depRL shares its rows out to. */
const PROCESSES = [1, 2, 4] as const;
/** Env-steps before the first round, of both sides; not measured. */
const PREFILL = 2000;
/** Transitions of both replays: depRL would fill a million with numbers at its start, 3.6 GB a contestant. */
const REPLAY = 100_000;
/** Env-steps between two rounds, hence between two rows of metrics. */
const ROUND_STEPS = 1000;
const ROUNDS = 5;
const SECONDS = 10;
/** Resident memory of a depRL run: of itself, of each process, of each row, GB. */
const PEER_GB = { run: 1, process: 0.4, row: 0.09 } as const;
const GB = 1e9;

/** The run as `myoserve train` makes it, with depRL's rates for the leg. */
function startOurs(stage: Stage, engine: EngineId, width: number): Contestant {
  const config = {
    hidden: `[${width},${width}]`,
    steps_before_batches: PREFILL,
    replay_capacity: REPLAY,
  };
  const rhythm = ["--eval-every", 0, "--checkpoint-every", 0, "--log-every", ROUND_STEPS];
  return stage.node(
    `myoserve-${engine}`,
    "train-run.js",
    ...["dep-rl:myosuite", "--env", ENV, "--num-envs", ROWS, "--steps", 1e12, "--seed", 0, "--engine", engine],
    ...rhythm,
    ...Object.entries(config).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  );
}

function startPeers(stage: Stage, width: number, skipped: string[]): Contestant[] {
  let free = os.freemem() / GB;
  return PROCESSES.flatMap((processes) => {
    const need = PEER_GB.run + processes * PEER_GB.process + ROWS * PEER_GB.row;
    if (need > free) {
      skipped.push(
        `depRL with ${processes} processes: about ${need.toFixed(0)} GB are needed, ${free.toFixed(0)} free.`,
      );
      return [];
    }
    free -= need;
    const rows = ROWS / processes;
    const args = [ENV, width, processes, rows, PREFILL, REPLAY];
    return [stage.deprl(`deprl-${processes}x${rows}`, "deprl_training.py", ...args)];
  });
}

/** Ours that start here; a run that ends at once has no such engine. */
async function readyOurs(stage: Stage, settings: BenchSettings, width: number, skipped: string[]) {
  const ours = new Map<EngineId, Contestant>();
  for (const engine of settings.engines) {
    const run = startOurs(stage, engine, width);
    try {
      await run.ready();
      ours.set(engine, run);
    } catch {
      skipped.push(`engine ${engine}: the run did not start.`);
    }
  }
  return ours;
}

/** Env-steps/s of every round by contestant, and ours over depRL's best of the same round by engine. */
async function compare(stage: Stage, width: number, settings: BenchSettings, skipped: string[]) {
  const peers = startPeers(stage, width, skipped);
  for (const peer of peers) await peer.ready();
  const ours = await readyOurs(stage, settings, width, skipped);
  const all = [...peers, ...ours.values()];
  const runs = await interleaveRuns(all, settings.rounds ?? ROUNDS, settings.seconds ?? SECONDS);
  await stage.clear();
  const valuesOf = ({ name }: Contestant): number[] => (runs.get(name) ?? []).map(({ value }) => value);
  const best = peers.map(valuesOf);
  const ratios = [...ours].map(([engine, run]): [EngineId, number[]] => [
    engine,
    valuesOf(run).map((rate, round) => rate / Math.max(...best.map((column) => column[round] ?? Number.NaN))),
  ]);
  return { runs: Object.fromEntries(runs), ratios: Object.fromEntries(ratios) };
}

/**
 * Env-steps a second of a whole training run, gradient steps included, against depRL 0.5.0 with MyoSuite 3.0.0: MPO with
 * DEP on the leg, depRL's published settings, 30 gradient steps of 256 transitions each 1,000 env-steps.
 */
export async function benchTrainSpeed(settings: BenchSettings): Promise<void> {
  await onStage(async (stage) => {
    const verdicts: Verdict[] = [];
    const skipped: string[] = [];
    const raw: Record<string, unknown> = { unit: "env-steps/s", env: ENV, rows: ROWS };
    for (const width of WIDTHS) {
      const found = await compare(stage, width, settings, skipped);
      raw[`2x${width}`] = found;
      for (const [engine, ratios] of Object.entries(found.ratios)) {
        const name = `training 2x${width}: MyoServe ${engine} / depRL 0.5.0`;
        if (engine === "native") verdicts.push(atLeast(name, median(ratios), BOUND));
        else note(name, median(ratios));
      }
    }
    report("train-speed", verdicts, raw, skipped);
  });
}
