import { MyoError } from "../../protocol/errors.ts";
import { POINTS, valueAt } from "./curves.ts";
import { GRAVITY, type SignalKind } from "./signals.ts";

/** Factors from the units of a reference to those of the signals; mass in kg. */
const UNITS: Readonly<Record<SignalKind, Readonly<Record<string, (mass: number) => number>>>> = {
  angle: { deg: () => 1, rad: () => 180 / Math.PI },
  force: { "%BW": () => 1, N: (mass) => 100 / (mass * GRAVITY), "N/kg": () => 100 / GRAVITY, BW: () => 100 },
  activation: { "1": () => 1, "%": () => 0.01 },
};
/** Columns of a spread beside the mean; they are left aside. */
const SPREAD = "_std";

/** A curve of the reference, as the file has it. */
export interface ReferenceColumn {
  readonly name: string;
  readonly unit: string;
  /** [POINTS], in `unit`. */
  readonly values: Float64Array;
}

const fault = (path: string, sentence: string): MyoError => new MyoError("BAD_OPTIONS", `${path}: ${sentence}`);

/** `knee_angle [deg]` as name and unit. */
function headOf(path: string, text: string): { readonly name: string; readonly unit: string } {
  const found = /^\s*"?([^"[]+?)\s*\[([^\]]+)\]"?\s*$/.exec(text);
  const [, name, unit] = found ?? [];
  if (name !== undefined && unit !== undefined) return { name, unit: unit.trim() };
  throw fault(path, `the column "${text.trim()}" names no unit; write it behind the name, e.g. knee_angle [deg].`);
}

function rowOf(path: string, line: string, width: number): number[] {
  const cells = line.split(",").map((cell) => (cell.trim() === "" ? NaN : Number(cell)));
  if (cells.length === width && cells.every((cell) => Number.isFinite(cell))) return cells;
  throw fault(path, `a row has ${width} numbers separated by commas, but one is "${line}"; fill it.`);
}

/** The first column must rise from 0 to 100. */
function checkPercents(path: string, percents: readonly number[]): void {
  const rises = percents.every((percent, i) => i === 0 || percent > (percents[i - 1] ?? NaN));
  if (rises && percents[0] === 0 && percents.at(-1) === POINTS - 1) return;
  const came = `${percents[0] ?? "nothing"} to ${percents.at(-1) ?? "nothing"}`;
  throw fault(path, `the first column is the percent of the gait cycle, rising from 0 to 100, but it is ${came}.`);
}

/** Linear between the rows of the file at 0, 1, … 100 percent. */
function resampled(percents: readonly number[], values: Float64Array): Float64Array {
  let row = 0;
  return Float64Array.from({ length: POINTS }, (_, percent) => {
    while (row + 2 < percents.length && (percents[row + 1] ?? 0) <= percent) row++;
    const [from, to] = [percents[row] ?? 0, percents[row + 1] ?? 0];
    return valueAt(values, row + (percent - from) / (to - from));
  });
}

/**
 * A normative CSV: first the percent of the cycle, then a column a signal, its unit in the header.
 * @throws MyoError BAD_OPTIONS for a text that is none.
 */
export function parseReference(path: string, text: string): ReferenceColumn[] {
  const [header = "", ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const heads = header.replace(/^\uFEFF/, "").split(",");
  const rows = lines.map((line) => rowOf(path, line, heads.length));
  if (heads.length < 2) throw fault(path, "it has no column beside the percent of the cycle; add one a signal.");
  const percents = rows.map(([percent = NaN]) => percent);
  checkPercents(path, percents);
  return heads.slice(1).flatMap((head, column) => {
    const { name, unit } = headOf(path, head);
    if (name.endsWith(SPREAD)) return [];
    const values = Float64Array.from(rows, (row) => row[column + 1] ?? NaN);
    return [{ name, unit, values: resampled(percents, values) }];
  });
}

/** A reference in the unit of a kind of signals. @throws MyoError BAD_OPTIONS for a unit that does not fit. */
export function inUnitOf(kind: SignalKind, { name, unit, values }: ReferenceColumn, mass: number): number[] {
  const known = UNITS[kind];
  const factor = Object.hasOwn(known, unit) ? known[unit] : undefined;
  if (factor !== undefined) return Array.from(values, (value) => value * factor(mass));
  throw new MyoError(
    "BAD_OPTIONS",
    `The reference's ${name} is in ${unit}, but ${kind}s are in ${Object.keys(known).join(" or ")}; convert the column.`,
  );
}
