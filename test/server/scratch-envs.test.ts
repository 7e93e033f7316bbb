import { expect, it } from "vitest";
import type { Env } from "../../protocol/env.ts";
import type { EnvHost } from "../../server/catalog.ts";
import { ScratchEnvs } from "../../server/workers/scratch-envs.ts";
import { FakeEnv } from "./fake-catalog.ts";

/** A host that tells which of its environments are not disposed. */
function countingHost(): { host: EnvHost; alive: Set<Env> } {
  const alive = new Set<Env>();
  class Counted extends FakeEnv {
    override [Symbol.dispose](): void {
      alive.delete(this);
    }
  }
  const create: EnvHost["create"] = (id, _kwargs, seed) => {
    const env = new Counted(id, { limit: 10 }, seed);
    alive.add(env);
    return env;
  };
  return { host: { engine: "fake 1", create }, alive };
}

it("lends an environment to one at a time and keeps it for the next", () => {
  const { host, alive } = countingHost();
  const scratch = new ScratchEnvs(host);
  const first = scratch.take("walk-v0", { goal: 3 });
  const second = scratch.take("walk-v0", { goal: 3 });
  expect(second).not.toBe(first);
  scratch.give("walk-v0", { goal: 3 }, first);
  expect(scratch.take("walk-v0", { goal: 4 })).not.toBe(first);
  expect(scratch.take("walk-v0", { goal: 3 })).toBe(first);
  expect(alive.size).toBe(3);
});

it("frees those that were not used for longest", () => {
  const { host, alive } = countingHost();
  const scratch = new ScratchEnvs(host);
  const envs = Array.from({ length: 6 }, (_, goal) => scratch.take("walk-v0", { goal }));
  envs.forEach((env, goal) => {
    scratch.give("walk-v0", { goal }, env);
  });
  expect([...alive]).toEqual(envs.slice(2));
  expect(scratch.take("walk-v0", { goal: 5 })).toBe(envs[5]);
});
