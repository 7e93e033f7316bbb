import { InvalidArgumentError, Option, type Command } from "commander";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { POLICY_CHOICES, type PolicyChoice } from "../../protocol/schema/train-messages.ts";
import { findAgent, resolveConfig } from "../../agents/registry.ts";
import { createEngineByName, ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { EnvDefinition } from "../../envs/task.ts";
import { catalogWith, registryWith } from "../environments.ts";
import { createLog } from "../log.ts";
import { PackInstaller } from "../packs.ts";
import { recordEpisodes, type Actor } from "../recording/record-episodes.ts";
import { writeRecording } from "../recording/recording.ts";
import { PolicyPlayer } from "../training/policy-player.ts";
import { envFor, policyNamed, storedPolicy } from "../training/stored-policy.ts";
import { userFolder } from "../user-folder.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";

interface RecordFlags {
  readonly agent: AgentName;
  readonly policy?: string;
  readonly which?: PolicyChoice;
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

/** Who acts, and where. */
interface Cast {
  readonly env: string;
  readonly kwargs: JsonObject;
  /** Observation groups that it reads. */
  readonly groups: readonly string[];
  /** What the recording says of it. */
  readonly about: JsonObject;
  join(env: TaskEnv): Promise<Actor & Disposable>;
}

function agentCast(env: string | undefined, { agent: name, config: changes, kwargs, seed }: RecordFlags): Cast {
  if (env === undefined) throw new MyoError("BAD_OPTIONS", "An agent needs an environment; name one before the flags.");
  const definition = findAgent(name.algo);
  const config = resolveConfig(definition, name.preset, changes);
  return {
    env,
    kwargs,
    groups: definition.needsGroups(config),
    about: { id: name.algo, preset: name.preset ?? null, config },
    join: async ({ spec }) => definition.create({ spec, numEnvs: 1, seed }, config),
  };
}

/** A policy plays where it was trained, unless another environment is named. */
async function policyCast(name: string, env: string | undefined, { which, kwargs }: RecordFlags): Promise<Cast> {
  const stored = await storedPolicy(await policyNamed(name, which));
  const { policy, step } = stored;
  const chosen = envFor(stored, env, kwargs);
  return {
    env: chosen.id,
    kwargs: chosen.kwargs,
    groups: [],
    about: { id: "policy", name, env_steps: step },
    join: ({ spec }) => {
      const player = new PolicyPlayer(policy, spec);
      const nothing = (): void => undefined;
      return Promise.resolve({ act: (obs) => player.act(obs), reset: nothing, [Symbol.dispose]: nothing });
    },
  };
}

/** The environment with its own observation groups and those that who acts reads. */
function makeEnv(definition: EnvDefinition, { kwargs, groups }: Cast, engine: Engine): TaskEnv {
  const env = createEnv(definition, validateKwargs(definition, kwargs), engine);
  const present = Object.keys(env.spec.obs_keys);
  const missing = groups.filter((group) => !present.includes(group));
  if (missing.length === 0) return env;
  env[Symbol.dispose]();
  const wanted = { ...kwargs, obs_keys: [...present, ...missing] };
  return createEnv(definition, validateKwargs(definition, wanted), engine);
}

async function record(name: string | undefined, flags: RecordFlags): Promise<void> {
  const { policy, episodes, steps, seed, out, feet } = flags;
  const cast = policy === undefined ? agentCast(name, flags) : await policyCast(policy, name, flags);
  const { env: id, kwargs, about } = cast;
  const user = userFolder(flags.userDir);
  const definition = registryWith(user.tasks).find(id);
  await new PackInstaller(catalogWith(user), createLog("info")).ensure(id);
  const { engine: opened, note } = await createEngineByName(flags.engine);
  if (note !== null) console.error(note);
  using engine = opened;
  using env = makeEnv(definition, cast, engine);
  using actor = await cast.join(env);
  const origin = { kwargs, seed, agent: about, ...(feet === undefined ? {} : { feet }) };
  const recording = recordEpisodes(env, actor, { ...origin, episodes, steps, mode: "exploit" });
  writeRecording(out, recording);
  const summary = { file: out, env: id, episodes, rows: recording.rows, dt: env.spec.dt, feet: recording.meta.feet };
  if (flags.json) printJson(summary);
  else console.log(`${out}: ${recording.rows} rows of ${episodes} episodes of ${id}, ${env.spec.dt} s apart`);
}

export function addRecordCommand(root: Command): void {
  root
    .command("record [env]")
    .description("write episodes of an agent or a policy to a NumPy archive: state, excitations, forces on the feet")
    .addOption(
      new Option("--agent <id[:preset]>", "who acts, as myoserve agents lists them")
        .argParser(agentName)
        .default({ algo: "random", preset: undefined }, "random"),
    )
    .addOption(
      new Option("--policy <run>", "its policy acts: of a run, or of a folder that holds policy.json").conflicts([
        "agent",
        "config",
      ]),
    )
    .addOption(new Option("--which <policy>", "of a run (default: best, else last)").choices([...POLICY_CHOICES]))
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
