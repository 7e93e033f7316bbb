/** A server of its own process for tests that kill it: `node training-process.js <folder of runs> [port]`; prints its address. */
import { fileURLToPath } from "node:url";
import { createLog } from "../../server/log.ts";
import { startServer } from "../../server/server.ts";

const CATALOG = new URL(import.meta.url.endsWith(".ts") ? "./fake-catalog.ts" : "./fake-catalog.js", import.meta.url);
const LEARNERS = new URL(import.meta.url.endsWith(".ts") ? "./test-learner.ts" : "./test-learner.js", import.meta.url);

/** The compiled form of this file. */
export const TRAINING_PROCESS = fileURLToPath(new URL("../../dist/test/server/training-process.js", import.meta.url));

async function main(runsDir: string, port: number): Promise<void> {
  const server = await startServer({
    port,
    workers: 2,
    log: createLog("info"),
    catalog: CATALOG.href,
    learners: LEARNERS.href,
    runsDir,
    resumeRuns: true,
  });
  console.log(server.url);
}

const [, script, folder, port = "0"] = process.argv;
if (script === fileURLToPath(import.meta.url) && folder !== undefined) await main(folder, Number(port));
