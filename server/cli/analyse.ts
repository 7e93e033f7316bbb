import { readFileSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { MyoError } from "../../protocol/errors.ts";
import type { Spread } from "../analysis/curves.ts";
import { writeGaitFiles } from "../analysis/gait-files.ts";
import { analyseGait, type GaitReport } from "../analysis/gait-report.ts";
import { parseReference, type ReferenceColumn } from "../analysis/reference.ts";
import { readRecording, SIDES } from "../recording/recording.ts";
import { printJson, printTable } from "./json.ts";

interface GaitFlags {
  readonly reference: string | undefined;
  readonly threshold: number | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

function newtons(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It is a positive number of newtons, e.g. 20.");
}

/** @throws MyoError NOT_FOUND, BAD_OPTIONS */
function readReference(path: string): ReferenceColumn[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new MyoError(
      "NOT_FOUND",
      `There is no file ${path}; name a CSV with the percent of the cycle and a column a signal.`,
    );
  }
  return parseReference(path, text);
}

const show = ({ mean, std }: Spread, digits = 3): string => `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;

function printReport(report: GaitReport): void {
  const { speed_m_per_s: speed, cadence_steps_per_min: cadence, sides, signals, unmatched } = report;
  console.log(`${report.env}: ${speed.toFixed(3)} m/s, ${cadence.toFixed(1)} steps/min`);
  const rows = SIDES.map((side) => {
    const found = sides[side];
    if (found === null) return [side, "0", "", "", ""];
    const {
      cycles,
      dropped_cycles: dropped,
      stride_time_s: time,
      stride_length_m: length,
      stance_share: share,
    } = found;
    return [side, `${cycles} (${dropped} left out)`, show(time), show(length), show(share)];
  });
  printTable([["foot", "cycles", "stride time, s", "stride length, m", "stance share"], ...rows]);
  const compared = signals.flatMap(({ name, unit, comparison }) =>
    comparison === null
      ? []
      : [
          [
            name,
            comparison.reference,
            comparison.correlation?.toFixed(3) ?? "–",
            `${comparison.rmse.toPrecision(3)} ${unit}`,
          ],
        ],
  );
  if (compared.length > 0) printTable([["signal", "reference", "correlation", "RMSE"], ...compared]);
  if (unmatched.length > 0) console.log(`columns of the reference that fit no signal: ${unmatched.join(", ")}`);
}

function gait(path: string, { reference, threshold, out, json }: GaitFlags): void {
  const columns = reference === undefined ? undefined : readReference(reference);
  const report = analyseGait(readRecording(path), {
    ...(threshold === undefined ? {} : { threshold }),
    ...(columns === undefined ? {} : { reference: columns }),
  });
  if (out !== undefined) writeGaitFiles(out, report);
  if (json) printJson(report);
  else printReport(report);
}

export function addAnalyseCommand(root: Command): void {
  const analyse = root.command("analyse").description("look into recordings");
  analyse
    .command("gait <recording>")
    .description(
      "joint angles, ground reaction forces and activations over the gait cycle, mean and standard deviation",
    )
    .option("--reference <file.csv>", "normative curves: percent of the cycle, then `name [unit]` a column")
    .option("--threshold <N>", "vertical force at which a foot is on the ground (3 % of the body's weight)", newtons)
    .option("--out <folder>", "write gait.json, gait.csv and a chart of every signal there")
    .option("--json", "print the result as JSON", false)
    .action(gait);
}
