import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { didYouMean } from "../../protocol/closest.ts";
import { MyoError } from "../../protocol/errors.ts";
import { createLog } from "../log.ts";
import { readMetrics } from "../training/read-metrics.ts";
import { openRuntime } from "../training/runtime.ts";
import { curvesSvg, sparkline, type Curve } from "./curves.ts";
import { printJson, printTable } from "./json.ts";
import { duration, figure } from "./progress-line.ts";

interface Flags {
  readonly metric?: string;
  readonly svg?: string;
  readonly json: boolean;
}

/** Evaluations say more than training episodes, which exploration disturbs. */
const PREFERRED = ["eval_return", "return_mean"];

type Table = Awaited<ReturnType<typeof readMetrics>>;

function metricOf(tables: readonly Table[], wanted: string | undefined): string {
  const names = [...new Set(tables.flatMap((table) => table.names))];
  const found = wanted ?? PREFERRED.find((name) => names.includes(name)) ?? names[0];
  if (found !== undefined && names.includes(found)) return found;
  const hint =
    didYouMean(wanted ?? "", names) || (names.length > 0 ? `; known: ${names.join(", ")}.` : "; wait for rows.");
  throw new MyoError("BAD_OPTIONS", `The runs have no metric "${wanted ?? PREFERRED[0] ?? ""}"${hint}`);
}

function curveOf(name: string, { names, steps, rows }: Table, metric: string): Curve {
  const column = names.indexOf(metric);
  const points = rows.map((row, i) => ({ step: steps[i] ?? 0, value: row[column] ?? Number.NaN }));
  return { name, points: points.filter(({ value }) => !Number.isNaN(value)) };
}

async function compare(ids: readonly string[], { metric: wanted, svg, json }: Flags): Promise<void> {
  const { training } = await openRuntime({ engine: "wasm", userDir: null, log: createLog("warn") });
  const states = await Promise.all(ids.map((id) => training.state(id)));
  const tables = await Promise.all(ids.map(async (id) => readMetrics((await training.run(id)).folder)));
  const metric = metricOf(tables, wanted);
  const curves = tables.map((table, i) => curveOf(ids[i] ?? "", table, metric));
  if (svg !== undefined) writeFileSync(svg, curvesSvg(curves, metric));
  if (json) {
    printJson({ metric, runs: states.map((state, i) => ({ ...state, curve: curves[i]?.points ?? [] })) });
    return;
  }
  const rows = states.map(({ run, algo, env, done, seconds, best }, i) => [
    run,
    algo,
    env,
    done.toLocaleString("en-US"),
    duration(seconds),
    figure(seconds > 0 ? done / seconds : null),
    figure(curves[i]?.points.at(-1)?.value),
    figure(best?.return),
    figure(best?.success),
    sparkline(curves[i]?.points.map(({ value }) => value) ?? [], curves),
  ]);
  printTable([
    ["run", "algorithm", "environment", "steps", "time", "steps/s", metric, "best", "success", "curve"],
    ...rows,
  ]);
  if (svg !== undefined) console.log(`\ncurves of ${metric}: ${svg}`);
}

export function addCompareCommand(root: Command): void {
  root
    .command("compare <runs...>")
    .description("training runs side by side: a table, and their curves as text or an SVG file")
    .option("--metric <name>", `what the curves show (default: ${PREFERRED.join(", else ")})`)
    .option("--svg <file>", "write the curves as SVG")
    .option("--json", "print JSON", false)
    .action(compare);
}
