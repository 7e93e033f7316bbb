import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { MyoError } from "../../../protocol/errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Threads that share one operation. TensorFlow reads it from the environment of the process when its library is loaded: it
 * is set by the main thread, or by a parent for its child, never by a worker.
 */
export const LIBRARY_THREADS = "TF_NUM_INTRAOP_THREADS";
/** What TensorFlow does on an NVIDIA card, where the user's environment does not say otherwise. */
const CARD_SETTINGS = {
  // It takes as much of the card's memory as it needs: else the first process takes it all.
  TF_FORCE_GPU_ALLOW_GROWTH: "true",
  // Sums in one order, so that a run that goes on finds the same bits.
  TF_DETERMINISTIC_OPS: "1",
  // f32 products keep their 24 bits; cards would round to 11 where nobody says so.
  NVIDIA_TF32_OVERRIDE: "0",
} as const;
/** Threads of learners in all: those of the library, and those that a learner starts beside its own. */
const TENSOR_THREADS = "MYOSERVE_TENSOR_THREADS";

/** Threads to compute with, default one a core. @throws MyoError BAD_OPTIONS where the variable is no number of threads. */
export function tensorThreads(env: Environment = process.env): number {
  const named = env[TENSOR_THREADS];
  const threads = named === undefined || named === "" ? availableParallelism() : Number(named);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new MyoError(
    "BAD_OPTIONS",
    `${TENSOR_THREADS} is a positive integer, not "${named}"; set it so or leave it out.`,
  );
}

/**
 * Fixes what the library reads when it is loaded. It gets half of all threads, since a learner computes on two at a time:
 * two threads that share one operation get through less than two that each have their own (README.md).
 * @returns the library's threads
 */
export function fixLibrarySettings(all: number = tensorThreads()): number {
  if (isMainThread) {
    const threads = String(Math.max(1, Math.floor(all / 2)));
    const settings = { [LIBRARY_THREADS]: threads, ...CARD_SETTINGS };
    for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  }
  return Number(process.env[LIBRARY_THREADS] ?? all);
}
