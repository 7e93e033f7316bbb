import { setTimeout as pause } from "node:timers/promises";
import { residentMegabytes } from "./proc.ts";
import { atMost, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
const TARGET_GB = 1.5;
const SETTLE_MS = 2000;

/** Resident memory of a server that holds 1,000 sessions of one row, each with its socket, stepped once, then idle. */
export async function benchIdleSessions(settings: BenchSettings): Promise<void> {
  const sessions = settings.sessions ?? 1000;
  const verdicts = [];
  const raw: Record<string, Record<string, number>> = {};
  for (const id of settings.ids ?? [ENV_ID]) {
    const found = await onStage(async (stage) => {
      const server = await stage.server();
      const empty = residentMegabytes(server.process.pid);
      const holder = stage.node("sessions", "sessions-client.js", server.url, id, sessions);
      await holder.ready();
      await pause(SETTLE_MS);
      return { empty, full: residentMegabytes(server.process.pid), sessions };
    });
    raw[id] = found;
    verdicts.push(atMost(`${sessions} idle sessions of ${id}`, found.full / 1024, TARGET_GB, "GB"));
  }
  report("idle-sessions", verdicts, { unit: "MB", ...raw });
}
