import { InvalidArgumentError, Option, type Command } from "commander";
import { findAgent, resolveConfig } from "../../agents/registry.ts";
import { createEngineByName, ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { EnvDefinition } from "../../envs/task.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { catalogWith, registryWith } from "../environments.ts";
import { createLog } from "../log.ts";
import { PackInstaller } from "../packs.ts";
import { recordEpisodes } from "../recording/record-episodes.ts";
import { writeRecording } from "../recording/recording.ts";
import { userFolder } from "../user-folder.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";

interface RecordFlags {
  readonly agent: AgentName;
  readonly config: JsonObject;
  readonly episodes: number;
  readonly steps: number;
  readonly seed: number;
  readonly out: string;
  readonly feet: readonly [string, string] | undefined;
  readonly engine: EngineName;
  readonly kwargs: JsonObject;
  readonly userDir: string | null;
  readonly json: boolean;
}

interface AgentName {
  readonly algo: string;
  readonly preset: string | undefined;
}

const MAX_EPISODES = 10_000;
const MAX_STEPS = 1_000_000;

/** `dep` or `dep:myosuite`, for commander. */
function agentName(text: string): AgentName {
  const [algo = "", preset] = text.split(":");
  return { algo, preset };
}

/** `talus_r,talus_l`, for commander. */
function footNames(text: string): readonly [string, string] {
  const [right, left, ...rest] = text.split(",");
  if (right !== undefined && right !== "" && left !== undefined && left !== "" && rest.length === 0)
    return [right, left];
  throw new InvalidArgumentError("It is the bodies of the right and the left foot, e.g. talus_r,talus_l.");
}

/** The environment with its own observation groups and those that the agent reads. */
function makeEnv(definition: EnvDefinition, kwargs: JsonObject, needed: readonly string[], engine: Engine): TaskEnv {
  const env = createEnv(definition, validateKwargs(definition, kwargs), engine);
  const present = Object.keys(env.spec.obs_keys);
  const missing = needed.filter((group) => !present.includes(group));
  if (missing.length === 0) return env;
  env[Symbol.dispose]();
  const wanted = { ...kwargs, obs_keys: [...present, ...missing] };
  return createEnv(definition, validateKwargs(definition, wanted), engine);
}

async function record(id: string, flags: RecordFlags): Promise<void> {
  const { agent: name, episodes, steps, seed, out, feet, kwargs } = flags;
  const actor = findAgent(name.algo);
  const config = resolveConfig(actor, name.preset, flags.config);
  const user = userFolder(flags.userDir);
  const definition = registryWith(user.tasks).find(id);
  await new PackInstaller(catalogWith(user), createLog("info")).ensure(id);
  const { engine: opened, note } = await createEngineByName(flags.engine);
  if (note !== null) console.error(note);
  using engine = opened;
  using env = makeEnv(definition, kwargs, actor.needsGroups(config), engine);
  using agent = await actor.create({ spec: env.spec, numEnvs: 1, seed }, config);
  const origin = { kwargs, seed, agent: { id: name.algo, preset: name.preset ?? null, config } };
  const recording = recordEpisodes(env, agent, {
    ...origin,
    ...(feet === undefined ? {} : { feet }),
    episodes,
    steps,
    mode: "exploit",
  });
  writeRecording(out, recording);
  const summary = { file: out, env: id, episodes, rows: recording.rows, dt: env.spec.dt, feet: recording.meta.feet };
  if (flags.json) printJson(summary);
  else console.log(`${out}: ${recording.rows} rows of ${episodes} episodes of ${id}, ${env.spec.dt} s apart`);
}

export function addRecordCommand(root: Command): void {
  root
    .command("record <env>")
    .description("write episodes of an agent to a NumPy archive: state, excitations, forces on the feet")
    .addOption(
      new Option("--agent <id[:preset]>", "who acts, as myoserve agents lists them")
        .argParser(agentName)
        .default({ algo: "random", preset: undefined }, "random"),
    )
    .option("--config <json>", "config of the agent, as a JSON object", jsonObject, {})
    .option("--episodes <n>", "episodes, seeded one after the other", integer(1, MAX_EPISODES), 1)
    .option("--steps <n>", "most control steps an episode", integer(1, MAX_STEPS), MAX_STEPS)
    .option("--seed <n>", "seed of the first episode and of the agent", integer(0, Number.MAX_SAFE_INTEGER), 0)
    .requiredOption("--out <file.npz>", "where the recording goes")
    .option("--feet <right,left>", "bodies of the feet, where the model names them its own way", footNames)
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("auto"))
    .option("--kwargs <json>", "keyword arguments of the environment, as a JSON object", jsonObject, {})
    .addOption(userDirOption())
    .option("--json", "print a summary as JSON", false)
    .action(record);
}
