import { Type } from "@sinclair/typebox";
import type { NumericArray } from "../../protocol/ndarray.ts";
import {
  CentreOfMass,
  axisIndex,
  heightOf,
  poseDistance,
  siteDistance,
  uprightness,
  velocityDistance,
} from "./body.ts";
import { AXES, AxisName, DISTANCE_FIELDS, entry, named, quantity, targetOf, type Axis, type Entry } from "./fields.ts";
import { GAIT_REWARDS } from "./gait-rewards.ts";
import { termSchema, type TermValue } from "./reward-term.ts";
import type { Measure, Scene } from "./scene.ts";

interface DistanceShape {
  readonly within?: number;
  readonly width?: number;
}

function shaped({ within, width }: DistanceShape, distance: Measure): TermValue {
  if (within !== undefined) return (p) => (distance(p) < within ? 1 : 0);
  if (width !== undefined) return (p) => Math.exp(-((distance(p) / width) ** 2));
  return (p) => -distance(p);
}

function shapedText({ within, width }: DistanceShape, distance: string): string {
  if (within !== undefined) return `[${distance} < ${within}]`;
  return width === undefined ? `−${distance}` : `exp(−(${distance} / ${width})²)`;
}

function meanSquare(values: NumericArray): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Number(values[i]) ** 2;
  return values.length === 0 ? 0 : sum / values.length;
}

const VELOCITY_AXES = Type.Array(Type.Unsafe<Axis>({ enum: [...AXES] }), {
  minItems: 1,
  uniqueItems: true,
  default: [...AXES],
  description: "Axes that count.",
});
const BODY_OR_ALL = Type.Optional(
  Type.String({ description: "Body whose frame counts; the centre of mass of the whole model where absent." }),
);
const of = (body: string | undefined): string => body ?? "the centre of mass";

/** What a task file may list under `reward`, by the field `term`. */
export const REWARDS = {
  pose_distance: entry(
    termSchema(
      "pose_distance",
      { target: targetOf("pose"), ...DISTANCE_FIELDS },
      "Distance of joints from a pose target, rad or m.",
    ),
    (config) => shapedText(config, `|${config.target} − joint positions|`),
    (config, scene: Scene): TermValue => shaped(config, poseDistance(config.target, scene)),
  ),
  site_distance: entry(
    termSchema(
      "site_distance",
      {
        site: named("site"),
        to: Type.String({ minLength: 1, description: "A point target of this file, or another site." }),
        ...DISTANCE_FIELDS,
      },
      "Distance of a site from a point target or another site, m.",
    ),
    (config) => shapedText(config, `|${config.to} − ${config.site}|`),
    (config, scene: Scene): TermValue => shaped(config, siteDistance(config.site, config.to, scene)),
  ),
  velocity_distance: entry(
    termSchema(
      "velocity_distance",
      { target: targetOf("velocity"), axes: VELOCITY_AXES, ...DISTANCE_FIELDS },
      "Distance of the velocity of the centre of mass from a velocity target, m/s.",
    ),
    (config) =>
      shapedText(config, `|${config.target} − velocity of the centre of mass| over ${config.axes.join(", ")}`),
    (config, scene: Scene): TermValue => shaped(config, velocityDistance(config.target, config.axes, scene)),
  ),
  height_distance: entry(
    termSchema(
      "height_distance",
      { body: BODY_OR_ALL, height: quantity("Wanted height, m."), ...DISTANCE_FIELDS },
      "Distance of a height from a wanted one, m.",
    ),
    (config) => shapedText(config, `|${config.height} − height of ${of(config.body)}|`),
    (config, scene: Scene): TermValue => {
      const height = heightOf(config.body, scene);
      return shaped(config, (p) => Math.abs(config.height - height(p)));
    },
  ),
  velocity: entry(
    termSchema("velocity", { axis: AxisName("World axis.") }, "Velocity of the centre of mass along an axis, m/s."),
    ({ axis }) => `velocity of the centre of mass along ${axis}`,
    ({ axis }, { model }: Scene): TermValue => {
      const centre = new CentreOfMass(model);
      const index = axisIndex(axis);
      return (p) => centre.velocity(p, index);
    },
  ),
  height: entry(
    termSchema("height", { body: BODY_OR_ALL }, "Height, m."),
    ({ body }) => `height of ${of(body)}`,
    ({ body }, scene: Scene): TermValue => heightOf(body, scene),
  ),
  upright: entry(
    termSchema(
      "upright",
      { body: named("body"), axis: AxisName("Axis of the body that points upwards when upright.", "z") },
      "Cosine of the angle between an axis of a body and the vertical.",
    ),
    ({ body, axis }) => `cosine of the angle between ${axis} of ${body} and the vertical`,
    ({ body, axis }, scene: Scene): TermValue => uprightness(body, axis, scene),
  ),
  action_cost: entry(
    termSchema("action_cost", {}, "-mean(action²)."),
    () => "−mean(action²)",
    (): TermValue => (_p, action) => -meanSquare(action),
  ),
  activation_cost: entry(
    termSchema("activation_cost", {}, "-mean(act²) over the activations of the muscles."),
    () => "−mean(act²)",
    (): TermValue => (p) => -meanSquare(p.act),
  ),
  speed_cost: entry(
    termSchema("speed_cost", {}, "-mean(qvel²)."),
    () => "−mean(qvel²)",
    (): TermValue => (p) => -meanSquare(p.qvel),
  ),
  alive: entry(
    termSchema("alive", {}, "1 while no termination holds, else 0."),
    () => "[not ended]",
    (): TermValue => (_p, _action, ended) => (ended ? 0 : 1),
  ),
  ended: entry(
    termSchema("ended", {}, "1 where a termination holds, else 0."),
    () => "[ended]",
    (): TermValue => (_p, _action, ended) => (ended ? 1 : 0),
  ),
  sensor: entry(
    termSchema(
      "sensor",
      { sensor: named("sensor"), index: Type.Integer({ minimum: 0, default: 0, description: "Which of its values." }) },
      "A value of a sensor, in its unit.",
    ),
    ({ sensor, index }) => `value ${index} of the sensor ${sensor}`,
    ({ sensor, index }, scene: Scene): TermValue => {
      const id = scene.id("sensor", sensor);
      const dimension = scene.model.intsBorrow("sensor_dim")[id] ?? 0;
      if (index >= dimension)
        throw scene.fault(`the sensor "${sensor}" has ${dimension} values, but index is ${index}; lower it.`);
      const at = (scene.model.intsBorrow("sensor_adr")[id] ?? 0) + index;
      return (p) => p.sensordata[at] ?? 0;
    },
  ),
  ...GAIT_REWARDS,
} satisfies Readonly<Record<string, Entry<Scene, TermValue>>>;
