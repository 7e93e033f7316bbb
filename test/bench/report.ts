import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "./contestant.ts";

export const RESULTS = path.join(ROOT, "test/bench/results");

/** One number a target is set for. */
export interface Verdict {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Human-readable bound, e.g. ">= 1.4 x". */
  readonly target: string;
  readonly reached: boolean;
}

export function atLeast(name: string, value: number, bound: number, unit = "x"): Verdict {
  return { name, value, unit, target: `>= ${bound} ${unit}`, reached: value >= bound };
}

export function atMost(name: string, value: number, bound: number, unit: string): Verdict {
  return { name, value, unit, target: `<= ${bound} ${unit}`, reached: value <= bound };
}

/** Print a ratio that no target is set for. */
export function note(name: string, value: number): void {
  console.log(`${name}: ${value.toFixed(3)} x (no target)`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The commit that was measured; result files of the same run do not make it dirty. */
export function commitOf(): string {
  const git = (...args: string[]): string => spawnSync("git", args, { cwd: ROOT, encoding: "utf8" }).stdout.trim();
  const changed = git("status", "--porcelain", "--", ".", ":!test/bench/results");
  return `${git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : "-dirty"}`;
}

/** Write `fields` to `results/<name>.json` with commit, date and machine before them. */
export function writeResult(name: string, fields: object): void {
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memory_gb: Math.round(os.totalmem() / 1e9),
    node: process.version,
    platform: os.platform(),
  };
  const result = { name, commit: commitOf(), date: new Date().toISOString(), machine, ...fields };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path.join(RESULTS, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/** Write raw figures with commit and machine beside them, and print the verdicts. */
export function report(
  name: string,
  verdicts: readonly Verdict[],
  raw: unknown,
  skipped: readonly string[] = [],
): void {
  writeResult(name, { verdicts, skipped, raw });
  for (const verdict of verdicts) {
    const mark = verdict.reached ? "reached" : "NOT REACHED";
    console.log(`${verdict.name}: ${verdict.value.toFixed(3)} ${verdict.unit} (target ${verdict.target}: ${mark})`);
  }
  for (const reason of skipped) console.log(`skipped: ${reason}`);
}

/** Rows of equal keys as an aligned table. */
export function printTable(rows: readonly Readonly<Record<string, string | number>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => shown(row[column] ?? "")))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  for (const line of cells) console.log(line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  "));
}

function shown(value: string | number): string {
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 100 ? value.toFixed(1) : value.toFixed(0);
}
