import type { JsonObject } from "../../protocol/env.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { PolicyChoice } from "../../protocol/schema/train-messages.ts";
import type { UserTask } from "../../envs/declarative/definition.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import type { LogLevel } from "../log.ts";
import type { EpisodePlan, EpisodeResults } from "../training/evaluation.ts";
import type { RunStatus } from "../training/status.ts";

/** Where a training worker finds what it works with. */
export interface TrainingHost {
  /** URL of the module that exports the catalog. */
  readonly catalog: string;
  /** What the catalog takes up of the user's folder. */
  readonly tasks: readonly UserTask[];
  readonly engine: EngineId;
  /** Physics workers of its own. */
  readonly workers: number;
  /** URL of a module with further algorithms. */
  readonly learners: string | null;
  /** How long a server that has a run's rows may be out of reach, ms. */
  readonly remotePatienceMs: number;
  /** Folder of the runs. */
  readonly runs: string;
  readonly logLevel: LogLevel;
}

/** Work on a run until it is over. */
export interface TrainTask {
  readonly kind: "train";
  readonly run: string;
  /** Env-steps wanted. */
  readonly total: number;
}

/** Play episodes with a policy. */
export interface PlayTask extends EpisodePlan {
  readonly kind: "play";
  /** A run's id and which of its policies, or a folder: a run's, or one that holds a policy. */
  readonly policy:
    { readonly run: string; readonly which: PolicyChoice } | { readonly folder: string; readonly which?: PolicyChoice };
  /** null: the run's own. */
  readonly env: { readonly id: string; readonly kwargs: JsonObject } | null;
}

export interface TrainingWorkerData {
  readonly host: TrainingHost;
  readonly task: TrainTask | PlayTask;
}

/** `suspend`: as pause, but the run counts as running, for the next start of the server. */
export type TrainingCommand = "pause" | "suspend" | "cancel";

export interface PlayReport extends EpisodeResults {
  /** Env-steps the policy was trained for; 0 where unknown. */
  readonly step: number;
}

export type TrainingMessage =
  | { readonly kind: "status"; readonly status: RunStatus }
  | { readonly kind: "ended"; readonly status: RunStatus }
  | { readonly kind: "played"; readonly report: PlayReport }
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string };
