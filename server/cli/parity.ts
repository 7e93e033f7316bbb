import { InvalidArgumentError, Option, type Command } from "commander";
import { createEngineByName, ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import { requirePack } from "../../envs/packs/manifest.ts";
import { makeParityEnvironment } from "../../envs/packs/parity/environment.ts";
import { MyoSuiteProcess, type MyoSuiteVersions } from "../../envs/packs/parity/myosuite-process.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { catalog } from "../environments.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject } from "./options.ts";
import { ACTION_KINDS, type ActionKind } from "./parity/actions.ts";
import { compareEnv, type Verdict } from "./parity/compare.ts";
import { printVerdict } from "./parity/report.ts";
import { selectIds } from "./parity/select-ids.ts";

interface ParityFlags {
  readonly seed: readonly number[];
  readonly steps: number;
  readonly episodes: number;
  readonly actions: ActionKind;
  readonly kwargs: JsonObject;
  readonly forced: boolean;
  readonly free: boolean;
  readonly engine: EngineName;
  readonly tolerance: number;
  readonly setup: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const MAX_STEPS = 10_000;
const MAX_EPISODES = 100;
const DEFAULT_SEEDS: readonly number[] = [0];
const DEFAULT_TOLERANCE = 1e-6;

/** `--seed 1,2 --seed 5`, added to what came before. */
function seeds(text: string, before: readonly number[]): readonly number[] {
  const read = integer(0, Number.MAX_SAFE_INTEGER);
  const given = text.split(",").map((part) => read(part));
  return before === DEFAULT_SEEDS ? given : [...before, ...given];
}

function tolerance(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0) return value;
  throw new InvalidArgumentError("It is a number that is not negative, e.g. 1e-6.");
}

const say = (line: string): void => console.error(line);

async function parity(patterns: readonly string[], flags: ParityFlags): Promise<void> {
  if (!flags.setup && patterns.length === 0) {
    throw new MyoError("BAD_OPTIONS", "Name an environment or a pattern, e.g. npx myoserve parity 'myoHand*'.");
  }
  if (!catalog.installed("myosuite")) await catalog.pull("myosuite", say);
  const ids = flags.setup ? [] : selectIds(patterns, requirePack("myosuite").env);
  const interpreter = await makeParityEnvironment({ onProgress: say, force: flags.force });
  using myosuite = await MyoSuiteProcess.start(interpreter);
  if (flags.setup) reportSetup(myosuite.versions, flags.json);
  else await compareAll(ids, flags, myosuite);
}

function reportSetup(versions: MyoSuiteVersions, json: boolean): void {
  if (json) printJson({ versions });
  else
    console.log(
      `MyoSuite ${versions.myosuite} with MuJoCo ${versions.mujoco} and Python ${versions.python} is set up.`,
    );
}

async function compareAll(ids: readonly string[], flags: ParityFlags, myosuite: MyoSuiteProcess): Promise<void> {
  const { seed, json, engine: name, ...comparison } = flags;
  const { versions } = myosuite;
  const chosen = await createEngineByName(name, { onProgress: say });
  using engine = chosen.engine;
  if (chosen.note !== null) say(chosen.note);
  const label = `${engine.id} ${engine.version}`;
  if (!json) console.log(`engine ${label}; MyoSuite ${versions.myosuite}, MuJoCo ${versions.mujoco}`);
  const verdicts: Verdict[] = [];
  for (const id of ids) {
    const verdict = await compareEnv(id, { ...comparison, seeds: seed }, engine, myosuite);
    verdicts.push(verdict);
    if (!json) printVerdict(verdict);
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (json) printJson({ engine: label, versions, seeds: seed, tolerance: flags.tolerance, failed, envs: verdicts });
  else console.log(`${ids.length - failed} of ${ids.length} within ${flags.tolerance}`);
  if (failed > 0) process.exitCode = 1;
}

export function addParityCommand(root: Command): void {
  root
    .command("parity [patterns...]")
    .description(
      "run environments beside MyoSuite 3.0.0 in Python and print the largest deviations, |d| / max(1, |MyoSuite's|), " +
        "of the reset, a second reset without a seed, and every step (Python 3.10 to 3.13 and a package registry, once)",
    )
    .option("--seed <list>", "seeds, separated by commas; may be repeated", seeds, DEFAULT_SEEDS)
    .option("--steps <number>", "control steps an episode", integer(1, MAX_STEPS), 40)
    .option("--episodes <number>", "episodes; those after the first start without a seed", integer(1, MAX_EPISODES), 1)
    .addOption(
      new Option("--actions <kind>", "sine: those of the recordings; uniform: drawn from the seed")
        .choices([...ACTION_KINDS])
        .default("sine"),
    )
    .option("--kwargs <json>", "keyword arguments for both sides, as a JSON object", jsonObject, {})
    .option("--forced", "also start every step from MyoSuite's qpos, qvel, act and time", false)
    .option("--no-free", "leave the free run out, e.g. where contacts amplify rounding")
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("wasm"))
    .option("--tolerance <number>", "largest deviation that passes", tolerance, DEFAULT_TOLERANCE)
    .option("--setup", "only set MyoSuite up", false)
    .option("--force", "set MyoSuite up again", false)
    .option("--json", "print JSON", false)
    .addHelpText("after", "\nThe exit code is 1 where an environment leaves the tolerance or differs otherwise.")
    .action(parity);
}
