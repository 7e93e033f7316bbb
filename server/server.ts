import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { CLOSE_CODES, MyoError } from "../protocol/errors.ts";
import type { UserFault } from "../envs/declarative/user-folder.ts";
import { settleEngine } from "../envs/engine/select.ts";
import { BlobStore } from "./blobs.ts";
import { loadCatalog, type Catalog } from "./catalog.ts";
import type { ServerContext } from "./context.ts";
import { createHttp } from "./http.ts";
import { AgentTable } from "./jobs/agent-table.ts";
import { JobTable } from "./jobs/job-table.ts";
import { settingsOf, type ServerOptions, type Settings } from "./options.ts";
import { isLoopback } from "./origin.ts";
import { PackInstaller } from "./packs.ts";
import { RowBudget } from "./row-budget.ts";
import { SessionTable } from "./sessions/session-table.ts";
import { trainingHost } from "./training/host.ts";
import type { Environments } from "./training/environments.ts";
import { TrainTable } from "./training/train-table.ts";
import { packageVersion } from "./version.ts";
import { compiledUrl } from "../protocol/compiled-url.ts";
import { userFolder } from "./user-folder.ts";
import { PhysicsPool } from "./workers/physics-pool.ts";

/** Between the drain event and the end, ms: replies on their way arrive. */
const DRAIN_MS = 250;

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** e.g. `ws://127.0.0.1:6960` */
  readonly url: string;
  readonly port: number;
  /** Engine and version. */
  readonly engine: string;
  readonly workers: number;
  readonly catalog: Catalog;
  /** Files of the user's folder that are no environments. */
  readonly faults: readonly UserFault[];
  /** Tell the clients, close their sessions and sockets, end the workers. */
  stop(reason?: string): Promise<void>;
}

function assertBindAllowed({ host, insecure }: Settings): void {
  if (insecure || isLoopback(host)) return;
  throw new MyoError(
    "FORBIDDEN",
    `The server has no authentication and binds loopback, but host ${host} was asked for; pass --insecure to serve everybody there.`,
  );
}

async function createContext(settings: Settings): Promise<ServerContext> {
  const { workers, maxSessions, log } = settings;
  const user = userFolder(settings.userDir);
  for (const { file, error } of user.faults) log.warn({ file, code: error.code }, error.message);
  const { id: engine, note } = await settleEngine(settings.engine, { onProgress: (line) => log.info(line) });
  if (note !== null) log.warn(note);
  const pool = new PhysicsPool({
    workers,
    catalog: compiledUrl(settings.catalog),
    tasks: user.tasks,
    engine,
    maxGroups: maxSessions,
    log,
  });
  try {
    const [ready, catalog] = await Promise.all([pool.ready(), loadCatalog(settings.catalog, user)]);
    const packs = new PackInstaller(catalog, log);
    const jobs = new JobTable();
    const budget = new RowBudget(settings.maxEnvs);
    const host = trainingHost({ ...settings, tasks: user.tasks, engine });
    const environments: Environments = {
      prepare: (id, kwargs) => packs.prepare(id, kwargs),
      describe: (id, kwargs) => pool.any().control("describe", { id, kwargs }),
    };
    return {
      settings,
      version: packageVersion(),
      bootId: randomUUID(),
      engine: ready,
      catalog,
      faults: user.faults,
      packs,
      pool,
      sessions: new SessionTable(pool, budget, settings),
      blobs: new BlobStore(),
      agents: new AgentTable(settings),
      jobs,
      training: new TrainTable({ ...settings, host, environments, jobs, budget }),
      draining: false,
    };
  } catch (error) {
    await pool.stop();
    throw error;
  }
}

async function listen(http: ReturnType<typeof createHttp>["http"], { host, port }: Settings): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      const remedy = error.code === "EADDRINUSE" ? "choose another with --port" : "check --host and --port";
      reject(
        new MyoError(
          "UNAVAILABLE",
          `The server cannot listen on ${host}:${port} (${error.code ?? error.message}); ${remedy}.`,
        ),
      );
    });
    http.listen(port, host, resolve);
  });
  return (http.address() as AddressInfo).port;
}

/**
 * Start a server.
 * @throws MyoError FORBIDDEN for an address that is not loopback without `insecure`, UNAVAILABLE for a used port.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const settings = settingsOf(options);
  assertBindAllowed(settings);
  const context = await createContext(settings);
  const { http, connections } = createHttp(context);
  let port: number;
  try {
    port = await listen(http, settings);
  } catch (error) {
    await context.pool.stop();
    throw error;
  }
  if (settings.resumeRuns) await context.training.resumeAll();
  let stopping: Promise<void> | null = null;
  const shutDown = async (reason: string): Promise<void> => {
    context.draining = true;
    for (const connection of connections) connection.event({ t: "ev.drain", deadline_ms: DRAIN_MS, reason });
    if (connections.size > 0) await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    await context.training.suspendAll();
    context.jobs.cancelAll();
    context.sessions.closeAll();
    for (const connection of connections) connection.close(CLOSE_CODES.DRAINING, reason);
    const closed = new Promise((resolve) => http.close(resolve));
    await Promise.all([context.pool.stop(), context.agents.thread.stop()]);
    http.closeAllConnections();
    for (const connection of connections) connection.terminate();
    await closed;
  };
  const stop = (reason = "the server stops"): Promise<void> => (stopping ??= shutDown(reason));
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return {
    url: `ws://${host}:${port}`,
    port,
    engine: context.engine,
    workers: settings.workers,
    catalog: context.catalog,
    faults: context.faults,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
