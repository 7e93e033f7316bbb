import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";
import { RUN_STATES } from "../../protocol/schema/train-messages.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { plainSchema } from "../../agents/core/config.ts";
import { writeDurably } from "../../agents/core/durable.ts";

const STATUS = "status.json";

const Figure = Type.Number();
const Best = closed({
  step: Figure,
  score: Figure,
  return: Figure,
  success: Type.Union([Figure, Type.Null()]),
});
const StatusSchema = closed({
  state: Type.Unsafe<(typeof RUN_STATES)[number]>({ type: "string", enum: [...RUN_STATES] }),
  done: Figure,
  total: Figure,
  seconds: Figure,
  steps_per_s: Figure,
  metrics: Type.Record(Type.String(), Figure),
  best: Type.Union([Best, Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
});

/** How far a run is, for those who only look; `status.json` of its folder. The checkpoints are what counts. */
export type RunStatus = Readonly<Static<typeof StatusSchema>>;
export type BestPolicy = Readonly<Static<typeof Best>>;

/** Of a run that has not begun. */
export function freshStatus(total: number): RunStatus {
  return { state: "running", done: 0, total, seconds: 0, steps_per_s: 0, metrics: {}, best: null, error: null };
}

/** The status of a run's folder; null where there is none or it is damaged. */
export async function readStatus(folder: string): Promise<RunStatus | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, STATUS), "utf8"));
    return validateAgainst(plainSchema(StatusSchema), value, STATUS) as RunStatus;
  } catch {
    return null;
  }
}

export async function writeStatus(folder: string, status: RunStatus): Promise<void> {
  await writeDurably(join(folder, STATUS), new TextEncoder().encode(`${JSON.stringify(status, null, 2)}\n`));
}
