import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userDefinition } from "../../envs/declarative/definition.ts";
import { declarativeFiles, EXAMPLES } from "../../envs/declarative/generated.ts";
import { taskSchemaText } from "../../envs/declarative/task-file.ts";
import { readUserFolder } from "../../envs/declarative/user-folder.ts";
import { isStale } from "../../envs/docs/pages.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { projectFile } from "../../envs/project-file.ts";
import { createEnv, listEnvs, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { elementCount } from "../../protocol/ndarray.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { describeEnv } from "../contract/describe-env.ts";

const TAKEN = new Set(listEnvs().map(({ id }) => id));
const examples = readUserFolder(fileURLToPath(projectFile(EXAMPLES)), TAKEN);

let engine: Promise<Engine> | null = null;
const openEngine = () => (engine ??= createWasmEngine());
const folder = mkdtempSync(join(tmpdir(), "myoserve-user-"));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  (await engine)?.[Symbol.dispose]();
});

describe("example tasks", () => {
  it("are four, one on an MJCF and three on a model pack", () => {
    expect(examples.faults).toEqual([]);
    expect(examples.tasks.map(({ task }) => task.id)).toEqual([
      "example-arm-reach-v0",
      "example-elbow-hold-v0",
      "example-leg-natural-run-v0",
      "example-leg-natural-walk-v0",
    ]);
  });

  it("and the schema are generated", () => {
    expect(
      [...declarativeFiles()].filter(isStale).map(([path]) => path),
      "run npm run generate",
    ).toEqual([]);
  });

  it.each(examples.tasks)("$file keeps the published schema", ({ task }) => {
    const schema = JSON.parse(taskSchemaText()) as JsonObject;
    expect(() => validateAgainst(schema, task, "example")).not.toThrow();
    expect(() => validateAgainst(schema, { ...task, reward: [{ term: "alive" }] }, "example")).toThrow(/reward/);
  });
});

for (const user of examples.tasks) describeEnv(userDefinition(user), openEngine);

/** A slider and a hinge that swings on it; a mocap body; sensors to compare with. */
const CART = `<mujoco>
  <size memory="1M"/>
  <worldbody>
    <site name="origin"/>
    <body name="marker" mocap="true"><geom size="0.01" contype="0" conaffinity="0"/></body>
    <body name="cart"><joint name="slide" type="slide" axis="1 0 0" range="-2 2" limited="true"/><geom size="0.1" mass="2"/>
      <body name="pole" pos="0 0 0.1"><joint name="hinge" axis="0 1 0"/><geom type="capsule" fromto="0 0 0 0 0 1" size="0.02" mass="0.5"/>
        <site name="tip" pos="0 0 1"/></body></body>
    <body name="ball" pos="0 2 1"><freejoint name="root"/><geom size="0.1" mass="1"/></body>
  </worldbody>
  <actuator><motor name="push" joint="slide" ctrlrange="-3 5" ctrllimited="true"/><motor name="free" joint="hinge"/></actuator>
  <sensor><subtreecom name="com" body="world"/><subtreelinvel name="vel" body="world"/><jointpos name="angle" joint="hinge"/></sensor>
  <keyframe><key name="left" qpos="-1 0.2  0 2 1 1 0 0 0" qvel="0 0.5  0.1 0.2 0.3 1 2 3"/></keyframe>
</mujoco>`;

const CART_TASK = {
  id: "cart-v0",
  title: "Cart",
  model: { mjcf: "cart.xml" },
  frame_skip: 2,
  max_episode_steps: 50,
  targets: {
    point: { kind: "point", low: [0.1, 0, 0], from_site: "tip", mocap_body: "marker" },
    pose: { kind: "pose", joints: { hinge: 0, slide: [0.5, 1] } },
    speed: { kind: "velocity", low: [1, 0, 0] },
  },
  observation: [
    { group: "sensor", sensors: ["com", "vel", "angle"] },
    { group: "com_pos" },
    { group: "com_vel" },
    { group: "site_error", site: "tip", target: "point" },
    { group: "pose_error", target: "pose" },
    { group: "target", name: "wanted", target: "pose" },
    { group: "qpos", name: "some", joints: ["hinge"] },
    { group: "body_pos", bodies: ["pole", "ball"] },
    { group: "body_quat", bodies: ["ball"] },
    { group: "qvel" },
    { group: "time" },
  ],
  reset: { keyframe: "left", joints: { slide: -0.5 } },
  reward: [
    { term: "site_distance", site: "tip", to: "point", weight: 1 },
    { term: "site_distance", name: "near", site: "tip", to: "origin", within: 10, weight: 1 },
    { term: "pose_distance", target: "pose", width: 2, weight: 1 },
    { term: "velocity_distance", target: "speed", axes: ["x"], weight: 1 },
    { term: "height_distance", body: "ball", height: 1, weight: 1 },
    { term: "velocity", axis: "x", weight: 0 },
    { term: "height", weight: 0 },
    { term: "upright", body: "pole", weight: 0 },
    { term: "action_cost", weight: 0.5 },
    { term: "activation_cost", weight: 1 },
    { term: "speed_cost", weight: 1 },
    { term: "alive", weight: 1 },
    { term: "ended", weight: -1 },
    { term: "sensor", sensor: "vel", index: 0, weight: 0 },
  ],
  termination: [{ when: "height_below", body: "ball", height: 0.9, after: 0.1 }],
};

describe("the catalogue", () => {
  let env: TaskEnv;
  beforeAll(async () => {
    writeFileSync(join(folder, "cart.xml"), CART);
    writeFileSync(join(folder, "cart.json"), JSON.stringify(CART_TASK));
    const { tasks, faults } = readUserFolder(folder, TAKEN);
    expect(faults).toEqual([]);
    const definition = userDefinition(tasks[0]!);
    env = createEnv(definition, validateKwargs(definition, {}), await openEngine(), { seed: 1 });
  });
  afterAll(() => {
    env[Symbol.dispose]();
  });

  const slice = (obs: ArrayLike<number>, name: string): number[] => {
    const { offset, shape } = env.spec.obs_keys[name]!;
    return Array.from(obs).slice(offset, offset + elementCount(shape));
  };

  it("starts where the file says", () => {
    const obs = env.reset(3).obs[0] as Float32Array;
    const p = env.physicsBorrow;
    expect([...p.qpos]).toEqual([-0.5, 0.2, 0, 2, 1, 1, 0, 0, 0]);
    slice(obs, "site_error").forEach((error, axis) => expect(error).toBeCloseTo(axis === 0 ? 0.1 : 0, 6));
    expect(p.mocapPos[0]).toBeCloseTo(p.siteXpos[3]! + 0.1, 12);
    const [hinge, slide] = slice(obs, "wanted") as [number, number];
    expect(hinge).toBe(0);
    expect(slide).toBeGreaterThanOrEqual(0.5);
    expect(slide).toBeLessThanOrEqual(1);
    expect(slice(obs, "pose_error")[1]).toBeCloseTo(slide + 0.5, 6);
    expect(env.spec.obs_keys["qvel"]?.names).toEqual([
      "slide",
      "hinge",
      ...["x", "y", "z", "wx", "wy", "wz"].map((axis) => `root.${axis}`),
    ]);
  });

  it("agrees with MuJoCo's own sensors of the centre of mass", () => {
    env.reset(3);
    for (let step = 0; step < 10; step++) {
      const obs = env.step([Float32Array.of(2, 0.5)]).obs[0] as Float32Array;
      const sensors = slice(obs, "sensor");
      [...slice(obs, "com_pos"), ...slice(obs, "com_vel")].forEach((value, i) =>
        expect(value).toBeCloseTo(sensors[i]!, 5),
      );
    }
  });

  it("computes terms as it describes them", () => {
    env.reset(3);
    const action = Float32Array.of(2, -1);
    const out = env.step([action]);
    const p = env.physicsBorrow;
    const term = (name: string): number => out.terms[env.spec.info_keys.indexOf(name)]!;
    const obs = out.obs[0] as Float32Array;
    expect(term("site_distance")).toBeCloseTo(-Math.hypot(...slice(obs, "site_error")), 6);
    expect(term("near")).toBe(1);
    expect(term("pose_distance")).toBeCloseTo(Math.exp(-((Math.hypot(...slice(obs, "pose_error")) / 2) ** 2)), 6);
    expect(term("velocity_distance")).toBeCloseTo(-Math.abs(1 - term("velocity")), 12);
    expect(term("velocity")).toBeCloseTo(term("sensor"), 12);
    expect(term("height_distance")).toBeCloseTo(-Math.abs(1 - p.xpos[3 * p.model.id("body", "ball") + 2]!), 12);
    expect(term("upright")).toBeCloseTo(Math.cos(p.qpos[1]!), 12);
    expect(term("action_cost")).toBe(-2.5);
    expect(term("activation_cost")).toBeCloseTo(0, 12);
    expect(term("speed_cost")).toBeCloseTo(-p.qvel.reduce((sum, v) => sum + v * v, 0) / p.qvel.length, 12);
    expect([term("alive"), term("ended")]).toEqual([1, 0]);
    const sum = Object.entries(env.spec.reward_weights).reduce(
      (total, [name, weight]) => total + weight * term(name),
      0,
    );
    expect(out.reward).toBeCloseTo(sum, 12);
    expect(env.spec.reward_weights).not.toHaveProperty("velocity");
  });

  it("ends where a termination holds, not earlier than it may", () => {
    env.reset(3);
    let steps = 0;
    for (let ended = false; !ended && steps < 500; steps++) ended = env.step(rest()).terminated;
    const p = env.physicsBorrow;
    expect(p.xpos[3 * p.model.id("body", "ball") + 2]).toBeLessThan(0.9);
    expect(p.time).toBeGreaterThan(0.1);
  });

  const rest = (): [Float32Array] => [Float32Array.of(0, 0)];

  it("bounds a direct action by the ctrl range where there is one", () => {
    const space = env.spec.act_space;
    if (space.type !== "box") throw new Error("no Box");
    expect([...new Float32Array(space.low.data.slice().buffer)]).toEqual([-3, -Infinity]);
    expect([...new Float32Array(space.high.data.slice().buffer)]).toEqual([5, Infinity]);
  });
});

describe("files that are wrong", () => {
  const base = {
    id: "bad-v0",
    title: "Bad",
    model: { mjcf: "cart.xml" },
    frame_skip: 1,
    observation: [{ group: "qpos" }],
  };
  const bad: readonly (readonly [name: string, content: unknown, sentence: RegExp])[] = [
    ["text", "{ id: 1 }", /^text\.json is no JSON \(.+\); mend it there\.$/],
    ["list", [], /^list\.json must be a map/],
    ["key", { ...base, rewards: [] }, /^key\.json has no key "rewards"; did you mean "reward"\?$/],
    [
      "id",
      { ...base, id: "bad" },
      /^id\.json: "id" must match pattern .+, but "bad" came; see the format in envs\/README\.md/,
    ],
    [
      "taken",
      { ...base, id: "myoLegWalk-v0", reward: [{ term: "alive", weight: 1 }] },
      /^taken\.json has the id "myoLegWalk-v0", which MyoServe itself has already; choose another\.$/,
    ],
    ["none", base, /^none\.json: "reward" must NOT have fewer than 1 items/],
    [
      "term",
      { ...base, reward: [{ term: "aliv", weight: 1 }] },
      /^term\.json: "reward\.0\.term" must be one of pose_distance, .+, but "aliv" came/,
    ],
    [
      "weight",
      { ...base, reward: [{ term: "alive" }] },
      /^weight\.json, reward\[0\] needs the key "weight", which is missing/,
    ],
    [
      "field",
      { ...base, reward: [{ term: "alive", weight: 1, wieght: 2 }] },
      /^field\.json, reward\[0\] has no key "wieght"; did you mean "weight"\?$/,
    ],
    [
      "twice",
      {
        ...base,
        reward: [
          { term: "alive", weight: 1 },
          { term: "alive", weight: 2 },
        ],
      },
      /^twice\.json, reward holds "alive" twice; give one of them another name/,
    ],
    [
      "both",
      { ...base, model: { mjcf: "cart.xml", pack: "myosuite" }, reward: [{ term: "alive", weight: 1 }] },
      /^both\.json: "model" must be either .+, but it has both/,
    ],
    [
      "missing",
      { ...base, model: { mjcf: "no.xml" }, reward: [{ term: "alive", weight: 1 }] },
      /^missing\.json needs the file "no\.xml", which is not in .+; put it there\.$/,
    ],
    [
      "outside",
      { ...base, model: { mjcf: "../cart.xml" }, reward: [{ term: "alive", weight: 1 }] },
      /^outside\.json names the file .+ outside its folder; put it inside/,
    ],
    [
      "mesh",
      { ...base, model: { mjcf: "mesh.xml" }, reward: [{ term: "alive", weight: 1 }] },
      /^mesh\.json needs the file "meshes\/bone\.stl", which is not in/,
    ],
    [
      "model",
      { ...base, model: { pack: "myosuite", name: "myoElbow" }, reward: [{ term: "alive", weight: 1 }] },
      /^model\.json names "myoElbow" of the models of the pack myosuite; choose one of/,
    ],
    [
      "pack",
      { ...base, model: { pack: "broken" }, reward: [{ term: "alive", weight: 1 }] },
      /^pack\.json: the model pack broken in .+ is damaged; write it again with npx myoserve models export\.$/,
    ],
  ];

  it("are told in a sentence each, and others load", () => {
    const place = join(folder, "bad");
    mkdirSync(place);
    writeFileSync(join(place, "cart.xml"), CART);
    writeFileSync(
      join(place, "mesh.xml"),
      `<mujoco><compiler meshdir="meshes"/><asset><mesh name="b" file="bone.stl"/></asset><worldbody/></mujoco>`,
    );
    writeFileSync(join(place, "good.json"), JSON.stringify(CART_TASK));
    writeFileSync(join(place, "good2.json"), JSON.stringify(CART_TASK));
    mkdirSync(join(place, "packs/broken"), { recursive: true });
    writeFileSync(join(place, "packs/broken/manifest.json"), "{}");
    bad.forEach(([name, content], i) => {
      const unique =
        typeof content === "object" && !Array.isArray(content) && (content as { id: string }).id === "bad-v0";
      const value = unique ? { ...(content as object), id: `bad-v${i}` } : content;
      writeFileSync(join(place, `${name}.json`), typeof value === "string" ? value : JSON.stringify(value));
    });
    const { tasks, faults } = readUserFolder(place, TAKEN);
    expect(tasks.map(({ file }) => file)).toEqual(["good.json"]);
    for (const [name, , sentence] of bad) {
      const fault = faults.find(({ file }) => file === `${name}.json`);
      expect(fault?.error.message, name).toMatch(sentence);
      expect(["BAD_OPTIONS", "MODEL_MISSING"]).toContain(fault?.error.code);
    }
    expect(faults.find(({ file }) => file === "good2.json")?.error.message).toMatch(
      /the id "cart-v0", which good\.json has already/,
    );
    expect(faults).toHaveLength(bad.length + 1);
    expect(() => readUserFolder(join(folder, "nowhere"), TAKEN)).toThrow(/cannot be read .+ --user-dir/);
  });

  it.each([
    [
      { observation: [{ group: "site_pos", sites: ["tpi"] }] },
      /cart\.json: the model has no site "tpi"; did you mean "tip"\?/,
    ],
    [{ observation: [{ group: "qpos", joints: ["root"] }] }, /no hinge or slide joint "root"; it has slide, hinge\./],
    [{ observation: [{ group: "target", target: "where" }] }, /"where" is no target of this file/],
    [
      { observation: [{ group: "pose_error", target: "point" }] },
      /"point" is no pose target of this file; there are pose/,
    ],
    [{ reset: { keyframe: 3 } }, /reset\.keyframe is 3, but the model has 1 keyframes/],
    [{ reset: { keyframe: "right" } }, /no key "right"; it has left\./],
    [{ reset: { joint_noise: { kind: "range", scale: 1 } } }, /the joint "hinge" has none/],
    [{ action: { map: "normalized" } }, /the actuator "free" has no ctrlrange/],
    [
      { reward: [{ term: "sensor", sensor: "vel", index: 3, weight: 1 }] },
      /the sensor "vel" has 3 values, but index is 3/,
    ],
    [
      { targets: { ...CART_TASK.targets, point: { kind: "point", low: [0, 0, 0], mocap_body: "ball" } } },
      /"ball" is no mocap body/,
    ],
  ] as const)("names are looked up in the model: %j", async (change, sentence) => {
    writeFileSync(join(folder, "cart.json"), JSON.stringify({ ...CART_TASK, ...change }));
    const { tasks, faults } = readUserFolder(folder, TAKEN);
    expect(faults).toEqual([]);
    const definition = userDefinition(tasks[0]!);
    const open = await openEngine();
    expect(() => createEnv(definition, validateKwargs(definition, {}), open)).toThrow(sentence);
  });
});
