import type { Command } from "commander";
import { openEngine } from "../../envs/engine/select.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import { userDefinition, type UserTask } from "../../envs/declarative/definition.ts";
import { MyoError } from "../../protocol/errors.ts";
import { defaultUserDir, userFolder } from "../user-folder.ts";
import { printJson, printTable } from "./json.ts";

interface Verdict {
  readonly file: string;
  readonly id: string | null;
  readonly ok: boolean;
  /** Code and sentence of what is wrong, else what was built. */
  readonly found: string;
}

/** Compiles the model and starts an episode: what a file names is looked up then. */
function build(user: UserTask, engine: Engine): Verdict {
  const { file, task } = user;
  try {
    const definition = userDefinition(user);
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 0 });
    const { error } = env.reset(null);
    const size = env.spec.obs_space.type === "box" ? (env.spec.obs_space.shape[0] ?? 0) : 0;
    return {
      file,
      id: task.id,
      ok: error === null,
      found: error ?? `${size} observed numbers, ${env.spec.info_keys.length} terms`,
    };
  } catch (error) {
    if (!(error instanceof MyoError)) throw error;
    return { file, id: task.id, ok: false, found: `${error.code}: ${error.message}` };
  }
}

async function check(folder: string | undefined, { json }: { readonly json: boolean }): Promise<void> {
  const where = folder ?? defaultUserDir();
  if (where === null) {
    throw new MyoError(
      "NOT_FOUND",
      "There is no folder of your environments ($MYOSERVE_HOME/envs); name one: myoserve check <folder>.",
    );
  }
  const { tasks, faults } = userFolder(where);
  using engine = await openEngine("wasm");
  const verdicts: Verdict[] = [
    ...tasks.map((user) => build(user, engine)),
    ...faults.map(({ file, id, error }) => ({ file, id, ok: false, found: `${error.code}: ${error.message}` })),
  ];
  if (verdicts.some(({ ok }) => !ok)) process.exitCode = 1;
  if (json) printJson({ folder: where, files: verdicts });
  else printTable(verdicts.map(({ ok, file, found }) => [ok ? "ok" : "--", file, found]));
}

export function addCheckCommand(root: Command): void {
  root
    .command("check [folder]")
    .description("read your task files, compile their models and start an episode of each")
    .option("--json", "print JSON", false)
    .action(check);
}
