/** `node --import` this before a server: its worker threads are profiled too where node has `--cpu-prof`. */
import { syncBuiltinESMExports } from "node:module";
import workerThreads, { type WorkerOptions } from "node:worker_threads";

const PROFILING = process.execArgv.filter((flag) => flag.startsWith("--cpu-prof"));

// The server starts its workers without node's flags.
class ProfiledWorker extends workerThreads.Worker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    super(file, { ...options, execArgv: PROFILING });
  }
}

Object.assign(workerThreads, { Worker: ProfiledWorker });
syncBuiltinESMExports();
