/**
 * On Ctrl-C: ends what runs and removes what is half made, then lets the signal take its course.
 * @returns ends the watch
 */
export function guardSignals(abort: AbortController, cleanups: (() => void)[]): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    abort.abort(new Error("interrupted"));
    if (process.listenerCount(signal) > 1) return; // somebody else decides about the process; the abort suffices
    runAll(cleanups);
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
}

/** Last added first, each once. */
export function runAll(cleanups: (() => void)[]): void {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) cleanup();
}
