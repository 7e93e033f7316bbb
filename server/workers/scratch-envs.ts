import type { Env } from "../../protocol/env.ts";
import type { Kwargs } from "../../envs/task.ts";
import type { EnvHost } from "../catalog.ts";

/** Environments that wait for the next rollout: planners come again and again with the same one. */
const MAX_IDLE = 4;

interface Idle {
  readonly key: string;
  readonly env: Env;
}

/** Environments of one worker that belong to no session; lent to one rollout at a time. */
export class ScratchEnvs {
  readonly #host: EnvHost;
  /** In order of last use. */
  readonly #idle: Idle[] = [];

  constructor(host: EnvHost) {
    this.#host = host;
  }

  /** @throws MyoError of the environment's constructor. */
  take(id: string, kwargs: Kwargs): Env {
    const key = keyOf(id, kwargs);
    const at = this.#idle.findLastIndex((entry) => entry.key === key);
    const [found] = at < 0 ? [] : this.#idle.splice(at, 1);
    return found?.env ?? this.#host.create(id, kwargs, 0);
  }

  give(id: string, kwargs: Kwargs, env: Env): void {
    this.#idle.push({ key: keyOf(id, kwargs), env });
    if (this.#idle.length > MAX_IDLE) this.#idle.shift()?.env[Symbol.dispose]();
  }
}

function keyOf(id: string, kwargs: Kwargs): string {
  return `${id} ${JSON.stringify(kwargs)}`;
}
