import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userDefinition } from "../../envs/declarative/definition.ts";
import { EXAMPLES } from "../../envs/declarative/generated.ts";
import { readUserFolder } from "../../envs/declarative/user-folder.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { projectFile } from "../../envs/project-file.ts";
import { createEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";

/** A box of 3 kg on the floor, pushed along y; beside it, out of reach, an arm of 1 kg on a limited hinge with two muscles. */
const BODY = `<mujoco>
  <size memory="1M"/> <option timestep="0.001"/>
  <worldbody>
    <geom type="plane" size="5 5 0.1" friction="0 0 0"/>
    <body name="box" pos="0 0 0.1"><freejoint name="root"/><geom type="box" size="0.1 0.1 0.1" mass="3" friction="0 0 0"/>
      <site name="sole" type="box" size="0.12 0.12 0.12"/></body>
    <body pos="3 0 1"><joint name="elbow" axis="0 1 0" range="-30 30" limited="true"/>
      <geom type="capsule" fromto="0 0 0 0.5 0 0" size="0.02" mass="1"/>
      <site name="hand" pos="0.5 0 0"/></body>
    <site name="up" pos="3 0 1.5"/> <site name="down" pos="3 0 0.5"/>
  </worldbody>
  <tendon>
    <spatial name="up"><site site="up"/><site site="hand"/></spatial>
    <spatial name="down"><site site="down"/><site site="hand"/></spatial>
  </tendon>
  <actuator>
    <muscle name="up" tendon="up" force="20" ctrlrange="0 1" ctrllimited="true" lengthrange="0.3 1.2"/>
    <muscle name="down" tendon="down" force="20" ctrlrange="0 1" ctrllimited="true" lengthrange="0.3 1.2"/>
  </actuator>
  <sensor><touch name="sole" site="sole"/></sensor>
  <keyframe><key name="moving" qpos="0 0 0.1 1 0 0 0  0" qvel="0 -0.8 0 0 0 0  0"/></keyframe>
</mujoco>`;

const TASK = {
  id: "gait-terms-v0",
  title: "Terms",
  model: { mjcf: "body.xml" },
  frame_skip: 10,
  observation: [{ group: "qpos" }],
  reset: { keyframe: "moving" },
  reward: [
    { term: "velocity_up_to", name: "slow", axis: "y", speed: -1.2, weight: 10 },
    { term: "velocity_up_to", name: "fast", axis: "y", speed: -0.3, weight: 1 },
    { term: "velocity_up_to", name: "other_way", axis: "y", speed: 0.5, weight: 1 },
    { term: "contact_load_cost", name: "load", sensors: ["sole"], above: 0, weight: 1 },
    { term: "contact_load_cost", name: "overload", sensors: ["sole"], above: 0.5, weight: 1 },
    { term: "contact_load_cost", name: "free", sensors: ["sole"], above: 1, weight: 1 },
    { term: "ctrl_change_cost", weight: 1 },
    { term: "active_muscle_cost", weight: 1 },
    { term: "joint_limit_cost", weight: 1 },
    { term: "body_contact_cost", name: "touch", except: [], weight: 1 },
    { term: "body_contact_cost", name: "hard_touch", except: [], limit: 10, weight: 1 },
    { term: "body_contact_cost", name: "spared", except: ["box"], weight: 1 },
  ],
  termination: [{ when: "site_below", site: "hand", height: 0.9 }],
};

const folder = mkdtempSync(join(tmpdir(), "myoserve-gait-"));
let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine();
});
afterAll(() => {
  engine[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("terms of natural walking", () => {
  let env: TaskEnv;
  beforeAll(() => {
    writeFileSync(join(folder, "body.xml"), BODY);
    writeFileSync(join(folder, "task.json"), JSON.stringify(TASK));
    const { tasks, faults } = readUserFolder(folder, new Set());
    expect(faults).toEqual([]);
    const definition = userDefinition(tasks[0]!);
    env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
  });
  afterAll(() => {
    env[Symbol.dispose]();
  });

  const step = (up: number, down: number) => {
    const out = env.step([Float32Array.of(up, down)]);
    const term = (name: string): number => out.terms[env.spec.info_keys.indexOf(name)]!;
    return { term, terminated: out.terminated };
  };

  it("velocity_up_to rewards what is missing, and no more", () => {
    env.reset(1);
    const { term } = step(0.5, 0.5);
    // The box has three quarters of the mass and keeps its velocity: -0.6 m/s of the whole.
    const velocity = (3 * env.physicsBorrow.qvel[1]!) / 4;
    expect(velocity).toBeCloseTo(-0.6, 3);
    expect(term("slow")).toBeCloseTo(Math.exp(-((1.2 + velocity) ** 2)), 9);
    expect(term("fast")).toBe(1);
    expect(term("other_way")).toBeCloseTo(Math.exp(-((0.5 - velocity) ** 2)), 9);
  });

  it("contact_load_cost is the load in weights of the whole model", () => {
    env.reset(1);
    let last = step(0.5, 0.5);
    for (let i = 0; i < 60; i++) last = step(0.5, 0.5);
    // At rest the box presses with its own weight: 3 of 4 kg.
    expect(last.term("load")).toBeCloseTo(-0.75, 2);
    expect(last.term("overload")).toBeCloseTo(last.term("load") + 0.5, 9);
    expect(Math.abs(last.term("free"))).toBe(0);
  });

  it("body_contact_cost is the force on bodies that should not touch, up to a limit", () => {
    env.reset(1);
    let last = step(0.5, 0.5);
    for (let i = 0; i < 60; i++) last = step(0.5, 0.5);
    // The floor carries 3 kg; the arm touches nothing.
    expect(last.term("touch")).toBeCloseTo((-3 * 9.81) / 100, 2);
    expect(last.term("hard_touch")).toBe(-1);
    expect(Math.abs(last.term("spared"))).toBe(0);
  });

  it("ctrl_change_cost compares with the step before, across snapshots", () => {
    env.reset(1);
    expect(step(0.5, 0).term("ctrl_change_cost")).toBeCloseTo(-0.125, 12);
    expect(Math.abs(step(0.5, 0).term("ctrl_change_cost"))).toBe(0);
    const snapshot = env.snapshot();
    const wanted = step(1, 0.25).term("ctrl_change_cost");
    expect(wanted).toBeCloseTo(-(0.25 + 0.0625) / 2, 12);
    step(0, 0);
    env.restore(snapshot);
    expect(step(1, 0.25).term("ctrl_change_cost")).toBe(wanted);
    env.reset(1);
    expect(Math.abs(step(0, 0).term("ctrl_change_cost"))).toBe(0);
  });

  it("active_muscle_cost counts activations above 0.15", () => {
    env.reset(1);
    for (let i = 0; i < 30; i++) step(0.1, 0.2);
    const { term } = step(0.1, 0.2);
    expect([...env.physicsBorrow.act].map((a) => a > 0.15)).toEqual([false, true]);
    expect(term("active_muscle_cost")).toBe(-0.5);
  });

  it("joint_limit_cost is the limit's torque, and site_below ends an episode", () => {
    env.reset(1);
    let last = step(0, 0);
    expect(Math.abs(last.term("joint_limit_cost"))).toBe(0);
    let ended = false;
    for (let i = 0; i < 300; i++) {
      last = step(0, 0);
      ended ||= last.terminated;
    }
    const { qpos, actuatorForce } = env.physicsBorrow;
    expect(ended).toBe(true);
    // It hangs on the limit at 30 degrees: the torque of gravity, m g l/2 cos, less what the muscles' passive forces hold.
    const angle = qpos[7]!;
    expect(angle).toBeGreaterThan(0.52);
    const gravity = 9.81 * 0.25 * Math.cos(angle);
    const passive = [0.5, -0.5].reduce((sum, height, i) => {
      const [x, z] = [0.5 * Math.cos(angle), -0.5 * Math.sin(angle)];
      const [dx, dz] = [-x, height - z];
      const length = Math.hypot(dx, dz);
      // Torque about y of the pull along the tendon: z Fx - x Fz.
      return sum + (-actuatorForce[i]! / length) * (z * dx - x * dz);
    }, 0);
    expect(last.term("joint_limit_cost")).toBeCloseTo(-Math.abs(gravity + passive), 1);
  });
});

describe("a start with sides that may be exchanged", () => {
  const LEGS = `<mujoco><worldbody><body name="trunk" pos="0 0 2"><joint name="heave" type="slide" axis="0 0 1"/>
    <geom size="0.1"/>
    ${["knee_r", "hip_l", "knee_l", "hip_r"]
      .map((name) => `<body><joint name="${name}" range="-90 90" limited="true"/><geom size="0.1" contype="0"/></body>`)
      .join("")}</body></worldbody>
    <actuator><motor joint="heave"/></actuator></mujoco>`;
  const NOISE = { kind: "normal", scale: 0.2 };
  /** Position and velocity of a joint by its name, as an episode starts. */
  const starts = (swap: object, seeds: readonly number[]): Record<string, readonly [number, number]>[] => {
    const home = mkdtempSync(join(folder, "legs-"));
    writeFileSync(join(home, "legs.xml"), LEGS);
    const reset = { joint_noise: NOISE, velocity_noise: NOISE, ...swap };
    const task = {
      ...TASK,
      model: { mjcf: "legs.xml" },
      reset,
      reward: [{ term: "alive", weight: 1 }],
      termination: [],
    };
    writeFileSync(join(home, "task.json"), JSON.stringify(task));
    const { tasks, faults } = readUserFolder(home, new Set());
    expect(faults).toEqual([]);
    const definition = userDefinition(tasks[0]!);
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
    return seeds.map((seed) => {
      env.reset(seed);
      const { qpos, qvel } = env.physicsBorrow;
      const names = ["heave", "knee_r", "hip_l", "knee_l", "hip_r"];
      return Object.fromEntries(names.map((name, i) => [name, [qpos[i]!, qvel[i]!] as const]));
    });
  };
  const seeds = Array.from({ length: 200 }, (_, i) => i);
  const exchanged = (start: Record<string, readonly [number, number]>) => ({
    heave: start["heave"],
    knee_r: start["knee_l"],
    knee_l: start["knee_r"],
    hip_r: start["hip_l"],
    hip_l: start["hip_r"],
  });

  it("exchanges joints by name after the noise, in the share of episodes that it names", () => {
    const straight = starts({}, seeds);
    expect(new Set(Object.values(straight[0]!).flat()).size).toBe(10);
    expect(starts({ swap_sides: { probability: 0 } }, seeds)).toEqual(straight);
    const mirrored = starts({ swap_sides: { probability: 1 } }, seeds);
    expect(mirrored).toEqual(straight.map(exchanged));
    expect(mirrored.map(exchanged)).toEqual(straight);
    const mixed = starts({ swap_sides: { probability: 0.5 } }, seeds);
    const swapped = mixed.filter((start, i) => {
      const which = start["knee_l"]![0] === straight[i]!["knee_l"]![0] ? straight : mirrored;
      expect(start).toEqual(which[i]);
      return which === mirrored;
    });
    // Three deviations of 200 coins.
    expect(Math.abs(swapped.length - 100)).toBeLessThan(22);
  });

  it("is refused where no joints come in pairs", () => {
    expect(() => starts({ swap_sides: { probability: 0.5, left: "_L", right: "_R" } }, [0])).toThrow(
      /swap_sides finds no two joints whose names end with "_L" and "_R"/,
    );
  });
});

describe("the examples of natural gaits", () => {
  it("runs on its feet alone", () => {
    const { tasks } = readUserFolder(fileURLToPath(projectFile(EXAMPLES)), new Set());
    const definition = userDefinition(tasks.find(({ task }) => task.id === "example-leg-natural-run-v0")!);
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
    expect(env.spec.reward_weights).toEqual({
      velocity: -10,
      grf: 0.07281,
      smoothness: 0.097,
      active_muscles: 1.57929,
      joint_limits: 0.1307,
      self_contact: 10,
    });
    env.reset(3);
    const rest = Float32Array.from({ length: 80 }, () => -1);
    const place = env.spec.info_keys.indexOf("self_contact");
    const costs = Array.from({ length: 120 }, () => env.step([rest]).terms[place]!);
    // It stands on its feet at first; what lies on the ground in the end is not the feet alone.
    expect(Math.abs(costs[0]!)).toBe(0);
    expect(Math.min(...costs)).toBe(-1);
  });

  it("has the terms and weights of the walking models, and a body that carries its weight", () => {
    const { tasks } = readUserFolder(fileURLToPath(projectFile(EXAMPLES)), new Set());
    const user = tasks.find(({ task }) => task.id === "example-leg-natural-walk-v0")!;
    const definition = userDefinition(user);
    using env = createEnv(definition, validateKwargs(definition, {}), engine, { seed: 1 });
    expect(env.spec.reward_weights).toEqual({
      velocity: 10,
      grf: 0.17281,
      smoothness: 0.097,
      active_muscles: 1.57929,
      joint_limits: 0.1307,
    });
    expect(env.spec.dt).toBeCloseTo(0.025, 12);
    const keys = Object.keys(env.spec.obs_keys);
    expect(keys.at(-1)).toBe("act");
    env.reset(3);
    const rest = Float32Array.from({ length: 80 }, () => -1);
    let [load, falls] = [0, false];
    for (let i = 0; i < 60 && !falls; i++) {
      const out = env.step([rest]);
      load = Math.max(load, -out.terms[env.spec.info_keys.indexOf("grf")]!);
      const velocity = out.terms[env.spec.info_keys.indexOf("velocity")]!;
      expect(velocity).toBeGreaterThan(0);
      expect(velocity).toBeLessThanOrEqual(1);
      falls = out.terminated;
    }
    // Without excitation the body collapses: its feet take more than 1.2 weights on the way, and its head comes down.
    expect(falls).toBe(true);
    expect(load).toBeGreaterThan(0);
  });
});
