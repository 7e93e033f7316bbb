import { pino, type Logger } from "pino";

export type Log = Logger;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const HIDDEN = new Set(["level", "time", "msg", "pid", "hostname"]);
const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};

/** One log record as a line for people. */
function readable(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const time = new Date(Number(record["time"])).toISOString().slice(11, 19);
  const level = LEVEL_NAMES[Number(record["level"])] ?? "";
  const rest = Object.entries(record)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${time} ${level.padEnd(5)} ${String(record["msg"])}${rest.join("")}\n`;
}

/** Logs to standard error: lines for people on a terminal, JSON elsewhere. */
export function createLog(level: LogLevel): Log {
  const { stderr } = process;
  const write = stderr.isTTY ? (line: string) => stderr.write(readable(line)) : (line: string) => stderr.write(line);
  return pino({ level, base: null }, { write });
}
