import { InvalidArgumentError } from "commander";
import type { Json, JsonObject } from "../../protocol/env.ts";
import type { TrainRequest } from "../training/resolve-settings.ts";

/** What `train` is asked on the command line. */
export interface TrainFlags {
  readonly env?: string;
  readonly envUrl?: string;
  readonly kwargs?: JsonObject;
  readonly set: JsonObject;
  readonly steps?: number;
  readonly seed?: number;
  readonly numEnvs?: number;
  readonly name?: string;
  readonly evalEvery?: number;
  readonly evalEpisodes?: number;
  readonly checkpointEvery?: number;
  readonly logEvery?: number;
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** `key=value` of a config, for commander; the value is JSON, or text where it is none. */
export function setting(text: string, before: JsonObject): JsonObject {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It is key=value, e.g. hidden=[64,64].");
  return { ...before, [text.slice(0, at)]: valueOf(text.slice(at + 1)) };
}

/** @param what training preset, algorithm, or algorithm:preset */
export function trainRequest(what: string, flags: TrainFlags): TrainRequest {
  const [algo = "", preset] = what.split(":", 2);
  const { env, envUrl, kwargs, numEnvs, evalEvery, evalEpisodes, checkpointEvery, logEvery } = flags;
  return {
    algo,
    preset,
    config: flags.set,
    env: { id: env, url: envUrl, kwargs, num_envs: numEnvs },
    steps: flags.steps,
    seed: flags.seed,
    name: flags.name,
    eval: { every: evalEvery, episodes: evalEpisodes },
    checkpoint_every: checkpointEvery,
    log_every: logEvery,
  };
}
