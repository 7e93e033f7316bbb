import os from "node:os";
import type { EngineId } from "../../envs/engine/physics.ts";
import { interleave, type Contestant } from "./contestant.ts";
import { median } from "./report.ts";
import { EngineMissingError, onStage, type Stage } from "./stage.ts";

export type PeerKind = "envpool" | "myosuite";

/** One environment, MyoServe's rows over a socket against peers that step in their own process. */
export interface Race {
  readonly id: string;
  readonly rows: number;
  /** Numbers of envs to try of each peer; the best counts. */
  readonly peers: Readonly<Partial<Record<PeerKind, readonly number[]>>>;
  readonly engines: readonly EngineId[];
  /** Reward terms MyoServe sends, comma-separated; null: all. */
  readonly infoKeys: string | null;
  /** Find the best number of envs of a peer beforehand: all together would not fit into memory. */
  readonly qualify?: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

/** env-steps/s of every round by contestant, and ratios by engine and kind of peer. */
export interface RaceResult {
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** Ours / the peer's best of the same round, by `<engine>/<kind>`. */
  readonly ratios: Readonly<Record<string, readonly number[]>>;
  /** Rates that chose a peer's number of envs, as multiples of the smallest's. */
  readonly qualifying: Readonly<Record<string, number>>;
  readonly skipped: readonly string[];
}

const THREADS = 2;
const QUALIFYING_ROUNDS = 3;
/** Resident memory of one env in EnvPool and MyoSuite, which keep the visual meshes, GB. */
const PEER_GB = 0.06;
const GB = 1e9;

export function startPeer(stage: Stage, kind: PeerKind, id: string, rows: number): Contestant {
  const threads = kind === "envpool" ? [THREADS] : [];
  return stage.python(`${kind}-${rows}`, `${kind}_vector.py`, id, rows, ...threads);
}

/** Peers' numbers of envs that fit into memory, and a sentence for each that does not. */
function fitting(sizes: readonly number[], kind: PeerKind, skipped: string[]): number[] {
  return sizes.filter((rows) => {
    const need = rows * PEER_GB;
    const free = os.freemem() / GB;
    if (need < free) return true;
    skipped.push(`${kind} with ${rows} envs: about ${need.toFixed(0)} GB are needed, ${free.toFixed(0)} GB are free.`);
    return false;
  });
}

/**
 * How fast each number of envs is, as a multiple of the smallest: two at a time, in turn, so that drift of the machine
 * changes no order.
 * @returns sizes and ratios, the fastest first.
 */
async function qualify(kind: PeerKind, race: Race, sizes: readonly number[]): Promise<[number, number][]> {
  const [smallest, ...others] = sizes.toSorted((a, b) => a - b);
  if (smallest === undefined) return [];
  const found: [number, number][] = [[smallest, 1]];
  for (const rows of others) {
    const values = await onStage(async (stage) => {
      const pair = [smallest, rows].map((size) => startPeer(stage, kind, race.id, size));
      for (const peer of pair) await peer.ready();
      return [...(await interleave(pair, QUALIFYING_ROUNDS, race.seconds)).values()];
    });
    const [base = [], other = []] = values;
    found.push([rows, median(other.map((rate, round) => rate / (base[round] ?? Number.NaN)))]);
  }
  return found.toSorted((a, b) => b[1] - a[1]);
}

/** Start MyoServe with each engine that runs here. @returns contestants by engine. */
async function startOurs(stage: Stage, race: Race, skipped: string[]): Promise<Map<EngineId, Contestant>> {
  const ours = new Map<EngineId, Contestant>();
  for (const engine of race.engines) {
    try {
      const { url } = await stage.server({ engine });
      const { id, rows } = race;
      const extra = race.infoKeys === null ? [] : [race.infoKeys];
      ours.set(engine, stage.python(`myoserve-${engine}`, "myoserve_vector.py", url, id, rows, ...extra));
    } catch (error) {
      if (!(error instanceof EngineMissingError)) throw error;
      skipped.push(`engine ${engine}: ${error.message}`);
    }
  }
  return ours;
}

function ratiosOf(values: ReadonlyMap<string, number[]>, ours: Iterable<EngineId>, peers: readonly Contestant[]) {
  const ratios: Record<string, number[]> = {};
  for (const engine of ours) {
    for (const kind of ["envpool", "myosuite"] as const) {
      const columns = peers.filter(({ name }) => name.startsWith(kind)).map(({ name }) => values.get(name) ?? []);
      if (columns.length === 0) continue;
      ratios[`${engine}/${kind}`] = (values.get(`myoserve-${engine}`) ?? []).map(
        (rate, round) => rate / Math.max(...columns.map((column) => column[round] ?? Number.NaN)),
      );
    }
  }
  return ratios;
}

/** Run the contestants in turn, round after round. */
export async function runRace(stage: Stage, race: Race): Promise<RaceResult> {
  const skipped: string[] = [];
  const qualifying: Record<string, number> = {};
  const peers: Contestant[] = [];
  for (const kind of ["envpool", "myosuite"] as const) {
    let sizes = fitting(race.peers[kind] ?? [], kind, skipped);
    if (race.qualify === true) {
      const order = await qualify(kind, race, sizes);
      for (const [rows, ratio] of order) qualifying[`${kind}-${rows}`] = ratio;
      sizes = order.slice(0, 1).map(([rows]) => rows);
    }
    peers.push(...sizes.map((rows) => startPeer(stage, kind, race.id, rows)));
  }
  const ours = await startOurs(stage, race, skipped);
  const all = [...peers, ...ours.values()];
  for (const contestant of all) await contestant.ready();
  const values = await interleave(all, race.rounds, race.seconds);
  return { values: Object.fromEntries(values), ratios: ratiosOf(values, ours.keys(), peers), qualifying, skipped };
}
