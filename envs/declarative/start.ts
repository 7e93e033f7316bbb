import { Type, type Static } from "@sinclair/typebox";
import type { Rng } from "../../protocol/random/generator.ts";
import { closed } from "../../protocol/schema/common.ts";
import type { Physics } from "../engine/physics.ts";
import { named } from "./fields.ts";
import type { ScalarJoint, Scene } from "./scene.ts";

const NOISE_KINDS = ["uniform", "normal", "range"] as const;

const JOINTS = Type.Optional(
  Type.Array(named("hinge or slide joint"), { minItems: 1, description: "All hinge and slide joints where absent." }),
);

/** How an episode starts. */
export const START_SCHEMA = closed(
  {
    keyframe: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1 })], {
        description: "Name or number of a keyframe of the model; qpos0 at rest where absent.",
      }),
    ),
    joints: Type.Optional(
      Type.Record(Type.String(), Type.Number(), { description: "Positions of single joints instead, rad or m." }),
    ),
    joint_noise: Type.Optional(
      closed(
        {
          kind: Type.Unsafe<(typeof NOISE_KINDS)[number]>({
            enum: [...NOISE_KINDS],
            description:
              "uniform: ± scale is added; normal: with standard deviation scale; range: the position is drawn from the inner share `scale` of the joint's range instead. The result is clipped to the range.",
          }),
          scale: Type.Number({ minimum: 0, description: "rad or m; of range a share, 1: the whole range." }),
          joints: JOINTS,
        },
        { description: "Drawn joint by joint, in the model's order or that of `joints`." },
      ),
    ),
    velocity_noise: Type.Optional(
      closed(
        {
          kind: Type.Unsafe<"uniform" | "normal">({ enum: ["uniform", "normal"], description: "As for joint_noise." }),
          scale: Type.Number({ minimum: 0, description: "rad/s or m/s." }),
          joints: JOINTS,
        },
        { description: "Added to the velocities, after all positions." },
      ),
    ),
    swap_sides: Type.Optional(
      closed(
        {
          probability: Type.Number({ minimum: 0, maximum: 1, description: "Of an exchange, drawn in each episode." }),
          left: Type.String({ minLength: 1, default: "_l", description: "Ending of the names of one side." }),
          right: Type.String({ minLength: 1, default: "_r", description: "Ending of those of the other." }),
        },
        {
          description:
            "Positions and velocities of joints whose names differ in these endings only are exchanged, after all noise.",
        },
      ),
    ),
  },
  { description: "Start of an episode; targets are drawn after it." },
);
export type StartConfig = Readonly<Static<typeof START_SCHEMA>>;

/** Puts a row at the start of an episode. */
export class Start {
  readonly #config: StartConfig;
  readonly #keyframe: number;
  readonly #fixed: readonly (readonly [ScalarJoint, number])[];
  readonly #noisy: readonly ScalarJoint[];
  readonly #fast: readonly ScalarJoint[];
  /** Joints of two sides. */
  readonly #pairs: readonly (readonly [ScalarJoint, ScalarJoint])[];

  constructor(config: StartConfig, scene: Scene) {
    const some = (names: readonly string[] | undefined) => names?.map((name) => scene.joint(name)) ?? scene.joints;
    this.#config = config;
    this.#keyframe = keyframeOf(config.keyframe, scene);
    this.#fixed = Object.entries(config.joints ?? {}).map(([name, value]) => [scene.joint(name), value] as const);
    this.#noisy = config.joint_noise === undefined ? [] : some(config.joint_noise.joints);
    this.#fast = config.velocity_noise === undefined ? [] : some(config.velocity_noise.joints);
    this.#pairs = config.swap_sides === undefined ? [] : pairsOf(config.swap_sides, scene);
    const unlimited = this.#noisy.find(({ low }) => low === -Infinity);
    if (config.joint_noise?.kind === "range" && unlimited !== undefined) {
      throw scene.fault(
        `reset.joint_noise draws from ranges, but the joint "${unlimited.name}" has none; list the others in its joints.`,
      );
    }
  }

  apply(p: Physics, rng: Rng): void {
    if (this.#keyframe >= 0) p.resetKeyframe(this.#keyframe);
    else p.resetData();
    const { qpos, qvel } = p;
    for (const [joint, value] of this.#fixed) qpos[joint.qpos] = value;
    const { joint_noise: noise, velocity_noise: speed, swap_sides: swap } = this.#config;
    for (const joint of this.#noisy) {
      const drawn =
        noise?.kind === "range" ? inRange(joint, noise.scale, rng) : (qpos[joint.qpos] ?? 0) + added(noise, rng);
      qpos[joint.qpos] = Math.min(Math.max(drawn, joint.low), joint.high);
    }
    for (const joint of this.#fast) qvel[joint.qvel] = (qvel[joint.qvel] ?? 0) + added(speed, rng);
    if (swap !== undefined && rng.uniform(0, 1) < swap.probability) this.#swap(p);
    p.forward();
  }

  #swap({ qpos, qvel }: Physics): void {
    for (const [a, b] of this.#pairs) {
      exchange(qpos, a.qpos, b.qpos);
      exchange(qvel, a.qvel, b.qvel);
    }
  }
}

/** Joints whose names differ in the endings of two sides only. @throws MyoError BAD_OPTIONS where there are none. */
function pairsOf(
  { left, right }: { readonly left: string; readonly right: string },
  scene: Scene,
): (readonly [ScalarJoint, ScalarJoint])[] {
  const byName = new Map(scene.joints.map((joint) => [joint.name, joint]));
  const pairs = scene.joints.flatMap((joint): (readonly [ScalarJoint, ScalarJoint])[] => {
    if (!joint.name.endsWith(left)) return [];
    const other = byName.get(`${joint.name.slice(0, -left.length)}${right}`);
    return other === undefined ? [] : [[joint, other]];
  });
  if (pairs.length > 0) return pairs;
  throw scene.fault(
    `reset.swap_sides finds no two joints whose names end with "${left}" and "${right}" and are equal else; name the endings.`,
  );
}

function exchange(values: Float64Array, a: number, b: number): void {
  const value = values[a] ?? 0;
  values[a] = values[b] ?? 0;
  values[b] = value;
}

function keyframeOf(key: number | string | undefined, scene: Scene): number {
  if (key === undefined) return -1;
  if (typeof key === "string") return scene.id("key", key);
  const count = scene.model.sizes.nkey;
  if (key < count) return key;
  throw scene.fault(`reset.keyframe is ${key}, but the model has ${count} keyframes; count from 0.`);
}

function added(noise: { readonly kind: string; readonly scale: number } | undefined, rng: Rng): number {
  if (noise === undefined) return 0;
  return noise.kind === "normal" ? rng.normal(0, noise.scale) : rng.uniform(-noise.scale, noise.scale);
}

function inRange({ low, high }: ScalarJoint, share: number, rng: Rng): number {
  const margin = ((1 - share) / 2) * (high - low);
  return rng.uniform(low + margin, high - margin);
}

/** The start in a sentence of a page. */
export function startText(start: StartConfig): string {
  const { keyframe, joints, joint_noise: noise, velocity_noise: speed, swap_sides: swap } = start;
  const of = (names: readonly string[] | undefined) =>
    names === undefined ? "every hinge and slide joint" : names.join(", ");
  const fixed = Object.entries(joints ?? {}).map(([name, value]) => `${name} = ${value}`);
  const drawn = (kind: string, scale: number): string =>
    kind === "normal" ? `normal noise of ${scale} is added to` : `a number drawn uniformly from ± ${scale} is added to`;
  return [
    keyframe === undefined ? "qpos0 at rest." : `Keyframe ${keyframe} of the model.`,
    fixed.length === 0 ? "" : `${fixed.join(", ")}.`,
    noise === undefined
      ? ""
      : noise.kind === "range"
        ? `${of(noise.joints)}: drawn uniformly from the inner ${100 * noise.scale} % of the range.`
        : `Positions: ${drawn(noise.kind, noise.scale)} ${of(noise.joints)}, clipped to its range.`,
    speed === undefined ? "" : `Velocities: ${drawn(speed.kind, speed.scale)} ${of(speed.joints)}.`,
    swap === undefined
      ? ""
      : `With probability ${swap.probability} joints …${swap.left} and …${swap.right} are exchanged.`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
