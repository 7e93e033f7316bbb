import { connectNode } from "../../clients/ts/node.ts";
import type { EnvSpec, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Kwargs } from "../../envs/task.ts";

/** What those who have environments can tell of them. */
export interface Environments {
  /** Checked kwargs of an id whose model is there. @throws MyoError ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS */
  prepare(id: string, kwargs: JsonObject): Promise<Kwargs>;
  describe(id: string, kwargs: Kwargs): Promise<EnvSpec>;
}

/**
 * Those of another server, which checks kwargs when it describes.
 * @throws MyoError BAD_OPTIONS for no address of one; later UNAVAILABLE where none answers.
 */
export function remoteEnvironments(url: string): Environments {
  if (!/^wss?:\/\//.test(url)) {
    throw new MyoError("BAD_OPTIONS", `env.url is a server's address, ws:// or wss://, but "${url}" came.`);
  }
  return {
    prepare: (_id, kwargs) => Promise.resolve(kwargs),
    async describe(env, kwargs) {
      await using client = await connectNode(url, { name: "myoserve run", timeoutMs: 0 });
      return (await client.request("env.describe", { env, kwargs: { ...kwargs } })).spec;
    },
  };
}
