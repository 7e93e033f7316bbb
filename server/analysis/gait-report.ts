import { MyoError } from "../../protocol/errors.ts";
import { SIDES, type Recording, type Side } from "../recording/recording.ts";
import { correlation, curveSpread, POINTS, rootMeanSquareError, spreadOf, valueAt, type Spread } from "./curves.ts";
import { cyclesOf, regularCycles, type Cycle } from "./gait-cycles.ts";
import { inUnitOf, type ReferenceColumn } from "./reference.ts";
import { GRAVITY, seriesOf, signalsOf, type Signal, type SignalKind } from "./signals.ts";
import { stancesOf, type ContactRules } from "./stances.ts";

const FORMAT = "myoserve-gait";
const VERSION = 1;
/** Where contact begins, as a share of the body's weight; it ends at half of it. Force plates are read at 10 to 20 N. */
const ON_SHARE = 0.03;
const OFF_SHARE = 0.5;
/** Shortest swing and shortest stance, s: a quarter of what a fast runner's are. */
const LEAST_SWING = 0.05;
const LEAST_STANCE = 0.05;
const SECONDS = 60;

/** Agreement of a mean curve with the reference. */
export interface Comparison {
  /** Column of the reference. */
  readonly reference: string;
  /** In the signal's unit, [POINTS]. */
  readonly values: readonly number[];
  /** Pearson's; null where a curve is constant. */
  readonly correlation: number | null;
  /** In the signal's unit. */
  readonly rmse: number;
}

/** A signal over the cycles of its side. */
export interface SignalReport {
  readonly name: string;
  readonly kind: SignalKind;
  readonly unit: string;
  /** Whose heel strikes bound the cycles. */
  readonly cycles_of: Side;
  /** [POINTS] */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly comparison: Comparison | null;
}

/** What the cycles of one foot are like. */
export interface SideReport {
  readonly heel_strikes: number;
  readonly cycles: number;
  /** Cycles left out: a step missed or doubled, a stand or a fall. */
  readonly dropped_cycles: number;
  readonly stride_time_s: Spread;
  readonly stride_length_m: Spread;
  /** Share of the cycle that the foot is on the ground. */
  readonly stance_share: Spread;
}

export interface GaitReport {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly env: string;
  readonly agent: Recording["meta"]["agent"];
  readonly model_sha256: string | null;
  readonly body_weight_N: number;
  readonly contact_on_N: number;
  readonly contact_off_N: number;
  /** Way over time of the cycles of both sides, m/s. */
  readonly speed_m_per_s: number;
  readonly cadence_steps_per_min: number;
  /** null: no cycle of this foot. */
  readonly sides: Readonly<Record<Side, SideReport | null>>;
  readonly signals: readonly SignalReport[];
  /** Columns of the reference that fit no signal. */
  readonly unmatched: readonly string[];
}

export interface GaitOptions {
  /** Force at which contact begins, N; absent: 3 % of the body's weight. */
  readonly threshold?: number;
  readonly reference?: readonly ReferenceColumn[];
}

interface SideCycles {
  readonly strikes: number;
  readonly all: number;
  readonly kept: readonly Cycle[];
}

/** First row of each episode and, last, the number of rows. */
function episodeBounds({ rows, columns }: Recording): number[] {
  const starts = Array.from({ length: rows }, (_, row) => row).filter(
    (row) => row === 0 || columns.episode[row] !== columns.episode[row - 1],
  );
  return [...starts, rows];
}

function sideCycles(recording: Recording, side: number, rules: ContactRules): SideCycles {
  const { dt } = recording.meta;
  const vertical = seriesOf(recording.columns.foot_force, 3 * SIDES.length, 3 * side + 2);
  const bounds = episodeBounds(recording);
  let strikes = 0;
  const all = bounds.slice(1).flatMap((end, i) => {
    const first = bounds[i] ?? 0;
    const stances = stancesOf(vertical.subarray(first, end), dt, rules);
    strikes += stances.filter(({ strike }) => strike >= 0).length;
    return cyclesOf(stances, first);
  });
  return { strikes, all: all.length, kept: regularCycles(all, dt) };
}

/** Way in the plane between two rows, m. */
function way(x: Float64Array, y: Float64Array, { start, end }: Cycle): number {
  return Math.hypot(valueAt(x, end) - valueAt(x, start), valueAt(y, end) - valueAt(y, start));
}

function sideReport({ meta, columns }: Recording, side: number, { strikes, all, kept }: SideCycles): SideReport | null {
  if (kept.length === 0) return null;
  const [x, y] = [0, 1].map((axis) => seriesOf(columns.foot_position, 3 * SIDES.length, 3 * side + axis));
  const none = new Float64Array(0);
  return {
    heel_strikes: strikes,
    cycles: kept.length,
    dropped_cycles: all - kept.length,
    stride_time_s: spreadOf(kept.map(({ start, end }) => (end - start) * meta.dt)),
    stride_length_m: spreadOf(kept.map((cycle) => way(x ?? none, y ?? none, cycle))),
    stance_share: spreadOf(kept.map(({ start, toeOff, end }) => (toeOff - start) / (end - start))),
  };
}

/** The column that has a signal's name, else the one that has it without the side. */
function columnFor(signal: Signal, reference: readonly ReferenceColumn[]): ReferenceColumn | undefined {
  return reference.find(({ name }) => name === signal.name) ?? reference.find(({ name }) => name === signal.base);
}

function compare(signal: Signal, mean: readonly number[], column: ReferenceColumn, mass: number): Comparison {
  const values = inUnitOf(signal.kind, column, mass);
  return {
    reference: column.name,
    values,
    correlation: correlation(mean, values),
    rmse: rootMeanSquareError(mean, values),
  };
}

/** @throws MyoError BAD_OPTIONS where there is no cycle at all. */
function refuseStand(strikes: readonly number[], threshold: number): never {
  const [right = 0, left = 0] = strikes;
  throw new MyoError(
    "BAD_OPTIONS",
    `A gait cycle is the 0.3 to 3 s from a heel strike to the next one of the same foot, but there is none: the right foot ` +
      `struck ${right} times, the left ${left} (above ${threshold.toFixed(1)} N); record a longer walk, or set --threshold.`,
  );
}

/**
 * Joint angles, ground reaction forces and activations over the gait cycle, and how the walk is spaced in place and time.
 * @throws MyoError BAD_OPTIONS for a recording without feet or without a cycle, or a reference that fits nothing.
 */
export function analyseGait(recording: Recording, { threshold, reference = [] }: GaitOptions = {}): GaitReport {
  const { meta, columns } = recording;
  if (meta.feet === null) {
    throw new MyoError(
      "BAD_OPTIONS",
      `The recording of ${meta.env} knows no feet; record an environment that has legs, e.g. myoLegWalk-v0, or name the ` +
        "bodies of its feet: myoserve record --feet <right,left>.",
    );
  }
  const weight = meta.mass * GRAVITY;
  const on = threshold ?? ON_SHARE * weight;
  const rules = { on, off: OFF_SHARE * on, leastSwing: LEAST_SWING, leastStance: LEAST_STANCE };
  const found = SIDES.map((_, side) => sideCycles(recording, side, rules));
  const all = found.flatMap(({ kept }) => kept);
  if (all.length === 0)
    refuseStand(
      found.map(({ strikes }) => strikes),
      on,
    );
  const root = [0, 1].map((axis) => seriesOf(columns.root_position, 3, axis));
  const [x = new Float64Array(0), y = new Float64Array(0)] = root;
  const duration = all.reduce((sum, { start, end }) => sum + (end - start) * meta.dt, 0);
  const [right, left] = SIDES.map((_, side) =>
    sideReport(recording, side, found[side] ?? { strikes: 0, all: 0, kept: [] }),
  );
  const { signals, unmatched } = signalReports(recording, found, reference);
  return {
    format: FORMAT,
    version: VERSION,
    env: meta.env,
    agent: meta.agent,
    model_sha256: meta.model_sha256,
    body_weight_N: weight,
    contact_on_N: on,
    contact_off_N: rules.off,
    speed_m_per_s: all.reduce((sum, cycle) => sum + way(x, y, cycle), 0) / duration,
    // Two steps a stride.
    cadence_steps_per_min: (2 * SECONDS * all.length) / duration,
    sides: { right: right ?? null, left: left ?? null },
    signals,
    unmatched,
  };
}

function signalReports(
  recording: Recording,
  found: readonly SideCycles[],
  reference: readonly ReferenceColumn[],
): Pick<GaitReport, "signals" | "unmatched"> {
  const used = new Set<string>();
  const signals = signalsOf(recording).flatMap((signal): SignalReport[] => {
    const { name, kind, unit, side } = signal;
    const column = columnFor(signal, reference);
    if (column !== undefined) used.add(column.name);
    const bounded = side ?? "right";
    const cycles = found[SIDES.indexOf(bounded)]?.kept ?? [];
    if (cycles.length === 0) return [];
    const { mean, std } = curveSpread(cycles.map((cycle) => signal.curve(cycle)));
    const comparison = column === undefined ? null : compare(signal, mean, column, recording.meta.mass);
    return [{ name, kind, unit, cycles_of: bounded, mean, std, comparison }];
  });
  const unmatched = reference.map(({ name }) => name).filter((name) => !used.has(name));
  if (reference.length > 0 && used.size === 0) {
    const known = signals.slice(0, 6).map(({ name }) => name);
    throw new MyoError(
      "BAD_OPTIONS",
      `No column of the reference (${unmatched.join(", ")}) names a signal of the recording; its signals are ${known.join(", ")}, ….`,
    );
  }
  return { signals, unmatched };
}

/** Percents of the cycle that curves are given at. */
export const PERCENTS: readonly number[] = Array.from({ length: POINTS }, (_, i) => i);
