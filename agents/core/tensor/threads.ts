import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { MyoError } from "../../../protocol/errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Threads that share one operation. TensorFlow reads it from the environment of the process when its library is loaded: it
 * is set by the main thread, or by a parent for its child, never by a worker.
 */
export const LIBRARY_THREADS = "TF_NUM_INTRAOP_THREADS";
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
 * Fixes the threads of the library, before it is loaded: half of all, since a learner computes on two threads at a time.
 * Two threads that share one operation get through less than two that each have their own (README.md).
 * @returns how many they are
 */
export function fixLibraryThreads(all: number = tensorThreads()): number {
  if (isMainThread) process.env[LIBRARY_THREADS] ??= String(Math.max(1, Math.floor(all / 2)));
  return Number(process.env[LIBRARY_THREADS] ?? all);
}
