import { availableParallelism } from "node:os";
import { settleEngine, type EngineName } from "../../envs/engine/select.ts";
import { catalogWith } from "../environments.ts";
import { JobTable } from "../jobs/job-table.ts";
import type { Log } from "../log.ts";
import { settingsOf } from "../options.ts";
import { RowBudget } from "../row-budget.ts";
import { PackInstaller } from "../packs.ts";
import { userFolder } from "../user-folder.ts";
import { trainingHost } from "./host.ts";
import type { Environments } from "./environments.ts";
import { TrainTable } from "./train-table.ts";

export interface RuntimeOptions {
  readonly engine: EngineName;
  readonly userDir: string | null;
  readonly log: Log;
  /** Physics workers of each run; one a core by default. */
  readonly workers?: number | undefined;
}

/** Training in this process, without a server. */
export async function openRuntime(options: RuntimeOptions): Promise<{ training: TrainTable; jobs: JobTable }> {
  const { engine: name, userDir, log, workers = availableParallelism() } = options;
  const settings = settingsOf({ userDir, log, workers });
  const { id: engine, note } = await settleEngine(name, { onProgress: (line) => log.info(line) });
  if (note !== null) log.warn(note);
  const user = userFolder(userDir);
  const catalog = catalogWith(user);
  const packs = new PackInstaller(catalog, log);
  const environments: Environments = {
    prepare: (id, kwargs) => packs.prepare(id, kwargs),
    describe: async (id, kwargs) => {
      const host = await catalog.openHost(engine);
      using env = host.create(id, kwargs, 0);
      return env.spec;
    },
  };
  const jobs = new JobTable();
  const host = trainingHost({ ...settings, tasks: user.tasks, engine });
  return {
    training: new TrainTable({ ...settings, host, environments, jobs, budget: new RowBudget(settings.maxEnvs) }),
    jobs,
  };
}
