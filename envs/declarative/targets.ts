import { Type, type Static } from "@sinclair/typebox";
import type { Json } from "../../protocol/env.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import { closed } from "../../protocol/schema/common.ts";
import type { Physics } from "../engine/physics.ts";
import { vector } from "./fields.ts";
import type { Scene, ScalarJoint } from "./scene.ts";

const range = Type.Tuple([Type.Number(), Type.Number()], { description: "[low, high], rad or m." });

export const TARGET_SCHEMAS = {
  point: closed(
    {
      kind: Type.Literal("point"),
      low: vector("Least coordinates, m."),
      high: Type.Optional(vector("Greatest coordinates, m; absent: those of `low`, nothing is drawn.")),
      from_site: Type.Optional(
        Type.String({
          description: "The coordinates count from this site's place at the start, else from the origin.",
        }),
      ),
      mocap_body: Type.Optional(
        Type.String({ minLength: 1, description: "Mocap body of the model that is put there, to be seen." }),
      ),
    },
    { description: "A point of space, m." },
  ),
  pose: closed(
    {
      kind: Type.Literal("pose"),
      joints: Type.Record(Type.String(), Type.Union([Type.Number(), range]), {
        minProperties: 1,
        description: "By hinge or slide joint: a value, or [low, high] to draw from; rad or m.",
      }),
    },
    { description: "Values of joints." },
  ),
  velocity: closed(
    {
      kind: Type.Literal("velocity"),
      low: vector("Least velocity, m/s."),
      high: Type.Optional(vector("Greatest velocity, m/s; absent: that of `low`, nothing is drawn.")),
    },
    { description: "A velocity of the centre of mass, m/s." },
  ),
};
export type TargetKind = keyof typeof TARGET_SCHEMAS;
type PointTarget = Static<typeof TARGET_SCHEMAS.point>;
type PoseTarget = Static<typeof TARGET_SCHEMAS.pose>;
type VelocityTarget = Static<typeof TARGET_SCHEMAS.velocity>;
export type TargetConfig = PointTarget | PoseTarget | VelocityTarget;

type Vector = readonly [number, number, number];

/** A target of a row: what it is drawn from and its value of this episode. */
export interface Target {
  readonly kind: TargetKind;
  /** [3] m or m/s, or one value a joint, rad or m. */
  readonly value: Float64Array;
  readonly unit: string;
  /** Names of the elements. */
  readonly names: readonly string[];
  /** Joints of a pose, else empty. */
  readonly joints: readonly ScalarJoint[];
  draw(p: Physics, rng: Rng): void;
}

function drawBetween(low: ArrayLike<number>, high: ArrayLike<number>, rng: Rng, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) {
    const from = low[i] ?? 0;
    const to = high[i] ?? from;
    out[i] = from === to ? from : rng.uniform(from, to);
  }
}

/** Where a point's coordinates count from, and where it is shown. */
function pointTarget(config: PointTarget, scene: Scene): Target {
  const { low, high = low } = config;
  const value = new Float64Array(3);
  const origin = config.from_site === undefined ? -1 : scene.id("site", config.from_site);
  const body = config.mocap_body === undefined ? -1 : scene.id("body", config.mocap_body);
  const mocap = body < 0 ? -1 : (scene.model.intsBorrow("body_mocapid")[body] ?? -1);
  if (body >= 0 && mocap < 0) {
    throw scene.fault(`the body "${config.mocap_body ?? ""}" is no mocap body; give it mocap="true" in the MJCF.`);
  }
  return {
    kind: "point",
    value,
    unit: "m",
    names: ["x", "y", "z"],
    joints: [],
    draw(p, rng) {
      drawBetween(low, high, rng, value);
      if (origin >= 0) for (let i = 0; i < 3; i++) value[i] = (value[i] ?? 0) + (p.siteXpos[3 * origin + i] ?? 0);
      if (mocap >= 0) p.mocapPos.set(value, 3 * mocap);
    },
  };
}

function poseTarget(config: PoseTarget, scene: Scene): Target {
  const joints = Object.keys(config.joints).map((name) => scene.joint(name));
  const bounds = Object.values(config.joints).map((given): readonly [number, number] =>
    typeof given === "number" ? [given, given] : given,
  );
  const low = bounds.map(([from]) => from);
  const high = bounds.map(([, to]) => to);
  const value = new Float64Array(joints.length);
  const names = joints.map(({ name }) => name);
  const unit = joints.every((joint) => joint.unit === "m") ? "m" : "rad";
  return { kind: "pose", value, unit, names, joints, draw: (_p, rng) => drawBetween(low, high, rng, value) };
}

function velocityTarget({ low, high = low }: { low: Vector; high?: Vector }): Target {
  const value = new Float64Array(3);
  const draw = (_p: Physics, rng: Rng) => drawBetween(low, high, rng, value);
  return { kind: "velocity", value, unit: "m/s", names: ["x", "y", "z"], joints: [], draw };
}

function buildTarget(config: TargetConfig, scene: Scene): Target {
  if (config.kind === "point") return pointTarget(config, scene);
  return config.kind === "pose" ? poseTarget(config, scene) : velocityTarget(config);
}

/** The targets of a row, drawn in the order of the file. */
export class Targets {
  readonly #targets = new Map<string, Target>();

  /** Resolve names; called once the scene exists, which needs the targets itself. */
  build(configs: Readonly<Record<string, TargetConfig>>, scene: Scene): void {
    for (const [name, config] of Object.entries(configs)) this.#targets.set(name, buildTarget(config, scene));
  }

  /** @throws MyoError BAD_OPTIONS where it does not exist or is of another kind. */
  get(name: string, kind: TargetKind, scene: Scene): Target {
    const target = this.find(name, kind);
    if (target !== null) return target;
    const known = [...this.#targets].filter(([, other]) => other.kind === kind).map(([other]) => other);
    const list = known.length === 0 ? "there is none" : `there are ${known.join(", ")}`;
    throw scene.fault(`"${name}" is no ${kind} target of this file; ${list}; add one to targets.`);
  }

  find(name: string, kind: TargetKind): Target | null {
    const target = this.#targets.get(name);
    return target?.kind === kind ? target : null;
  }

  any(name: string): Target | null {
    return this.#targets.get(name) ?? null;
  }

  draw(p: Physics, rng: Rng): void {
    for (const target of this.#targets.values()) target.draw(p, rng);
  }

  save(): Json {
    return [...this.#targets.values()].map(({ value }) => [...value]);
  }

  load(state: Json): void {
    if (!Array.isArray(state)) return;
    let i = 0;
    for (const { value } of this.#targets.values()) {
      const saved = state[i++];
      if (Array.isArray(saved)) for (let j = 0; j < value.length; j++) value[j] = Number(saved[j]);
    }
  }
}

/** A target in one line of a page. */
export function targetText(name: string, config: TargetConfig): string {
  const span = (low: number, high: number): string => (low === high ? String(low) : `[${low}, ${high}]`);
  if (config.kind === "pose") {
    const parts = Object.entries(config.joints).map(
      ([joint, given]) => `${joint} ${typeof given === "number" ? given : span(given[0], given[1])}`,
    );
    return `the pose \`${name}\` (${parts.join(", ")})`;
  }
  const { low, high = low } = config;
  const ranges = low.map((from, i) => span(from, high[i] ?? from)).join(", ");
  if (config.kind === "velocity") return `the velocity \`${name}\` (${ranges}) m/s`;
  const origin = config.from_site === undefined ? "" : ` from the site ${config.from_site}`;
  return `the point \`${name}\` (${ranges}) m${origin}`;
}
