import { join } from "node:path";
import { readCsv } from "./csv-log.ts";
import { METRICS_COLUMNS, METRICS_CSV } from "./metrics-writer.ts";

/** Rows of a run's metrics. */
export interface MetricsTable {
  readonly names: readonly string[];
  /** [n] env-steps */
  readonly steps: Float64Array;
  /** n rows of [names], NaN where a figure was not taken */
  readonly rows: readonly Float64Array[];
}

/** The rows of a run's folder with steps above `since`, in order. */
export async function readMetrics(folder: string, since = -1): Promise<MetricsTable> {
  const { columns, rows } = await readCsv(join(folder, METRICS_CSV));
  const later = rows.filter(([step = Number.NaN]) => step > since);
  return {
    names: columns.slice(METRICS_COLUMNS.length),
    steps: Float64Array.from(later, ([step = Number.NaN]) => step),
    rows: later.map((row) => row.subarray(METRICS_COLUMNS.length)),
  };
}
