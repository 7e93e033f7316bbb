import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { elbowExtensor, elbowFlexor, pulleyLength } from "../../envs/builtin/pulley.ts";
import { FOREARM, UPPER_ARM } from "../../envs/builtin/anthropometry.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import { codeOf } from "../contract/describe-env.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine();
});
afterAll(() => engine[Symbol.dispose]());

function make(id: string, kwargs = {}) {
  const definition = findEnv(id);
  return createEnv(definition, validateKwargs(definition, kwargs), engine, { seed: 1 });
}

/** -dL/dq of every muscle at a joint, m. */
function momentArms(env: ReturnType<typeof make>, joint: number, q: number): number[] {
  const p = env.physicsBorrow;
  const lengths = (at: number): Float64Array => {
    p.qpos[joint] = at;
    p.forward();
    return p.actuatorLength.slice();
  };
  const before = lengths(q - 1e-5);
  return [...lengths(q + 1e-5)].map((length, i) => (before[i]! - length) / 2e-5);
}

describe("arm26", () => {
  it("has the constant moment arms of its source over the whole range", () => {
    using env = make("arm26-reach-v0");
    env.reset(1);
    const arms = [
      [0.04, -0.04, 0, 0, 0.028, -0.028],
      [0, 0, 0.025, -0.025, 0.035, -0.035],
    ];
    env.spec.joints.forEach(({ range: [low, high] }, joint) => {
      for (let i = 0; i <= 20; i++) {
        const q = low + 1e-4 + ((high - low - 2e-4) * i) / 20;
        momentArms(env, joint, q).forEach((arm, m) => expect(arm).toBeCloseTo(arms[joint]![m]!, 6));
      }
      env.physicsBorrow.qpos[joint] = 0.5;
    });
  });

  it("states length ranges that the tendons reach exactly", () => {
    using env = make("arm26-reach-v0");
    env.reset(1);
    const p = env.physicsBorrow;
    const range = p.model.floatsBorrow("actuator_lengthrange").slice();
    const [shoulder, elbow] = env.spec.joints.map((joint) => joint.range);
    const lengths = [shoulder![0], shoulder![1]].flatMap((s) =>
      [elbow![0], elbow![1]].map((e) => {
        p.qpos.set([s, e]);
        p.forward();
        return p.actuatorLength.slice();
      }),
    );
    for (let m = 0; m < 6; m++) {
      expect(Math.min(...lengths.map((l) => l[m]!))).toBeCloseTo(range[2 * m]!, 9);
      expect(Math.max(...lengths.map((l) => l[m]!))).toBeCloseTo(range[2 * m + 1]!, 9);
    }
  });

  it("moves the same with muscles split as with whole ones", () => {
    using whole = make("arm26-reach-v0");
    using split = make("arm26-reach-v0", { muscles: 60 });
    whole.reset(4);
    split.reset(4);
    for (let k = 0; k < 50; k++) {
      const excitation = Array.from({ length: 6 }, (_, m) => 0.5 + 0.5 * Math.sin(0.3 * k + m));
      whole.step([Float32Array.from(excitation)]);
      split.step([Float32Array.from({ length: 60 }, (_, i) => excitation[Math.floor(i / 10)]!)]);
    }
    for (let j = 0; j < 2; j++) {
      expect(split.physicsBorrow.qpos[j]).toBeCloseTo(whole.physicsBorrow.qpos[j]!, 9);
    }
    const total = (env: typeof whole) => env.physicsBorrow.actuatorForce.reduce((sum, force) => sum + force, 0);
    expect(total(split)).toBeCloseTo(total(whole), 6);
  });

  it.each([5, 7, 0, 606])("refuses %i muscles", (muscles) => {
    const definition = findEnv("arm26-reach-v0");
    expect(codeOf(() => validateKwargs(definition, { muscles }))).toBe("BAD_OPTIONS");
  });

  it("draws different targets inside the workspace and calls 5 cm solved", () => {
    using env = make("arm26-reach-v0", { sparse: true });
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      env.reset(seed);
      const p = env.physicsBorrow;
      const [x = 0, y = 0] = p.mocapPos;
      seen.add(`${x} ${y}`);
      expect(Math.hypot(x, y)).toBeLessThan(UPPER_ARM.length + FOREARM.length);
    }
    expect(seen.size).toBe(50);
    env.reset(0);
    const p = env.physicsBorrow;
    const tip = 3 * p.model.id("site", "tip");
    const solved = env.spec.info_keys.indexOf("solved");
    const rest = () => env.step([new Float32Array(6)]);
    p.mocapPos.set([p.siteXpos[tip]! + 0.02, p.siteXpos[tip + 1]!, 0]);
    expect(rest()).toMatchObject({ reward: 1 });
    p.mocapPos.set([p.siteXpos[tip]! + 0.2, p.siteXpos[tip + 1]!, 0]);
    const missed = rest();
    expect(missed.reward).toBe(0);
    expect(missed.terms[solved]).toBe(0);
  });

  it("calls the radius that is asked for solved", () => {
    using env = make("arm26-reach-v0", { sparse: true, radius: 0.1 });
    env.reset(0);
    const p = env.physicsBorrow;
    const tip = 3 * p.model.id("site", "tip");
    const rewardAt = (distance: number): number => {
      p.mocapPos.set([p.siteXpos[tip]! + distance, p.siteXpos[tip + 1]!, 0]);
      return env.step([new Float32Array(6)]).reward;
    };
    expect([0.08, 0.12].map(rewardAt)).toEqual([1, 0]);
  });

  it("computes the tendon around a pulley as MuJoCo does on either side", () => {
    expect(pulleyLength(elbowFlexor(0.02), 0) - pulleyLength(elbowFlexor(0.02), 1)).toBeCloseTo(0.02, 12);
    expect(pulleyLength(elbowExtensor(0.02), 1) - pulleyLength(elbowExtensor(0.02), 0)).toBeCloseTo(0.02, 12);
  });
});

describe("myoarm9", () => {
  it("keeps every muscle inside its stated length range", () => {
    using env = make("myoarm9-shake-v0");
    env.reset(1);
    const p = env.physicsBorrow;
    const range = p.model.floatsBorrow("actuator_lengthrange").slice();
    const hinges = env.spec.joints.slice(0, 4);
    for (let corner = 0; corner < 81; corner++) {
      hinges.forEach(({ range: [low, high] }, j) => {
        p.qpos[j] = low + ((high - low) * (Math.floor(corner / 3 ** j) % 3)) / 2;
      });
      p.forward();
      p.actuatorLength.forEach((length, m) => {
        expect(length).toBeGreaterThan(range[2 * m]!);
        expect(length).toBeLessThan(range[2 * m + 1]!);
      });
    }
  });

  it("pulls each joint both ways", () => {
    using env = make("myoarm9-shake-v0");
    env.reset(1);
    for (let joint = 0; joint < 4; joint++) {
      const q = env.physicsBorrow.qpos[joint]!;
      const arms = momentArms(env, joint, q);
      env.physicsBorrow.qpos[joint] = q;
      expect(Math.max(...arms)).toBeGreaterThan(0.005);
      expect(Math.min(...arms)).toBeLessThan(-0.005);
    }
  });

  it("pays for shaking, not for holding still", () => {
    using env = make("myoarm9-shake-v0");
    const shaken = (excitation: (k: number, m: number) => number): number => {
      env.reset(1);
      let shake = 0;
      for (let k = 0; k < 200; k++) {
        const out = env.step([Float32Array.from({ length: 9 }, (_, m) => excitation(k, m))]);
        shake += out.terms[env.spec.info_keys.indexOf("shake")]!;
      }
      return shake / 200;
    };
    const still = shaken(() => 0.3);
    const shaking = shaken((k, m) => (Math.floor(k / 15 + 2.7 * m) % 3 === 0 ? 1 : 0));
    expect(shaking).toBeGreaterThan(5 * still);
  });
});
