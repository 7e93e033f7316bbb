import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import { MyoError } from "../../protocol/errors.ts";

const definition = findEnv("arm26-reach-v0");
let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine();
});
afterAll(() => engine[Symbol.dispose]());

describe("snapshots from outside", () => {
  it("are refused with BAD_OPTIONS when any byte differs or bytes follow", () => {
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
    env.reset(7);
    const good = env.snapshot();
    const refuse = (bytes: Uint8Array): void => {
      let caught: unknown = null;
      try {
        env.restore(bytes);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(MyoError);
      expect((caught as MyoError).code).toBe("BAD_OPTIONS");
    };
    for (let at = 0; at < good.length; at += 7) {
      const damaged = good.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      refuse(damaged);
    }
    refuse(new Uint8Array([...good, 0]));
    refuse(good.slice(0, -1));
    env.restore(good);
  });
});

describe("kwargs", () => {
  it.each([NaN, Infinity, -Infinity])("refuse %s", (value) => {
    expect(() => validateKwargs(definition, { weighted_reward_keys: { reach: value } })).toThrow(/finite/);
  });
});
