import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PERCENTS, type GaitReport, type SignalReport } from "./gait-report.ts";
import { lineChart } from "./line-chart.ts";

/** Digits of a number in the table. */
const DIGITS = 9;

/** Percent of the cycle, then mean and standard deviation of every signal: itself a reference for another walk. */
export function gaitCsv({ signals }: GaitReport): string {
  const heads = signals.flatMap(({ name, unit }) => [`${name} [${unit}]`, `${name}_std [${unit}]`]);
  const rows = PERCENTS.map((percent) => {
    const cells = signals.flatMap(({ mean, std }) => [mean[percent] ?? NaN, std[percent] ?? NaN]);
    return [percent, ...cells.map((cell) => Number(cell.toPrecision(DIGITS)))].join(",");
  });
  return `${[["percent", ...heads].join(","), ...rows].join("\n")}\n`;
}

function chartOf({ name, unit, cycles_of: side, mean, std, comparison }: SignalReport): string {
  const agreement =
    comparison === null
      ? ""
      : ` (r = ${comparison.correlation?.toFixed(2) ?? "–"}, RMSE = ${comparison.rmse.toPrecision(3)} ${unit})`;
  return lineChart({
    title: `${name}${agreement}`,
    xLabel: `gait cycle of the ${side} foot, %`,
    yLabel: unit,
    x: PERCENTS,
    mean,
    std,
    ...(comparison === null ? {} : { reference: comparison.values }),
  });
}

/** `gait.json`, `gait.csv`, and a chart a signal, `<signal>.svg`, in a folder that is made. */
export function writeGaitFiles(folder: string, report: GaitReport): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "gait.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, "gait.csv"), gaitCsv(report));
  for (const signal of report.signals) {
    // A user's model may give its joints any name.
    const file = signal.name.replace(/[^\w.-]/g, "_");
    writeFileSync(join(folder, `${file}.svg`), chartOf(signal));
  }
}
