import { stderr } from "node:process";
import type { RunState } from "../training/train-table.ts";

/** Time between two lines where the output is no terminal, ms. */
const LINE_MS = 10_000;
const SECONDS_PER_HOUR = 3600;

/** 3:07 or 2:03:07. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / SECONDS_PER_HOUR), Math.floor((whole % SECONDS_PER_HOUR) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** About four digits. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4)));
}

const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`;

/** How far a run is, in one line. */
export function progressText({ done, total, steps_per_s: speed, eta_s: eta, metrics, best }: RunState): string {
  const parts = [
    `${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} steps (${((100 * done) / total).toFixed(1)} %)`,
    speed > 0 ? `${figure(speed)}/s` : "starting",
    eta === null ? "" : `${duration(eta)} left`,
    "return_mean" in metrics ? `return ${figure(metrics["return_mean"])}` : "",
    best === null ? "" : `best ${figure(best.return)}`,
    "success_rate" in metrics ? `success ${percent(metrics["success_rate"])}` : "",
    "eval_success" in metrics ? `evaluation ${percent(metrics["eval_success"])}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Shows a line that changes on a terminal, and one now and then elsewhere. */
export class ProgressLine {
  #lastLine = -Infinity;

  show(text: string): void {
    if (stderr.isTTY) {
      stderr.write(`\r\u001b[K${text.slice(0, stderr.columns - 1)}`);
      return;
    }
    if (performance.now() - this.#lastLine < LINE_MS) return;
    this.#lastLine = performance.now();
    stderr.write(`${text}\n`);
  }

  /** Leave the line as it is and go on below. */
  end(): void {
    if (stderr.isTTY) stderr.write("\n");
  }
}
