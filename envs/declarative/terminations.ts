import { Type, type TProperties } from "@sinclair/typebox";
import type { Physics } from "../engine/physics.ts";
import { heightOf, poseDistance, siteDistance, uprightness } from "./body.ts";
import { AxisName, entry, named, quantity, tagged, targetOf, type Entry } from "./fields.ts";
import type { Scene } from "./scene.ts";

/** Whether the task ends the episode. */
export type Condition = (p: Physics) => boolean;

const AFTER = Type.Number({
  minimum: 0,
  default: 0,
  description: "It counts only later than so much simulated time after the start, s.",
});

const schema = <P extends TProperties>(tag: string, properties: P, description: string) =>
  tagged("when", tag, { ...properties, after: AFTER }, description);

const BODY_OR_ALL = Type.Optional(
  Type.String({ description: "Body whose frame counts; the centre of mass of the whole model where absent." }),
);
const SITE = {
  site: named("site"),
  to: Type.String({ minLength: 1, description: "A point target of this file, or another site." }),
  distance: quantity("m", { exclusiveMinimum: 0 }),
};
const heightText = (body: string | undefined): string => `height of ${body ?? "the centre of mass"}`;

/** What a task file may list under `termination`, by the field `when`. */
export const TERMINATIONS = {
  height_below: entry(
    schema("height_below", { body: BODY_OR_ALL, height: quantity("m") }, "A height is less, m."),
    ({ body, height }) => `${heightText(body)} < ${height} m`,
    ({ body, height }, scene: Scene): Condition => {
      const measure = heightOf(body, scene);
      return (p) => measure(p) < height;
    },
  ),
  height_above: entry(
    schema("height_above", { body: BODY_OR_ALL, height: quantity("m") }, "A height is greater, m."),
    ({ body, height }) => `${heightText(body)} > ${height} m`,
    ({ body, height }, scene: Scene): Condition => {
      const measure = heightOf(body, scene);
      return (p) => measure(p) > height;
    },
  ),
  site_below: entry(
    schema("site_below", { site: named("site"), height: quantity("m") }, "A site is lower, m."),
    ({ site, height }) => `height of ${site} < ${height} m`,
    ({ site, height }, scene: Scene): Condition => {
      const at = 3 * scene.id("site", site) + 2;
      return (p) => (p.siteXpos[at] ?? 0) < height;
    },
  ),
  upright_below: entry(
    schema(
      "upright_below",
      {
        body: named("body"),
        axis: AxisName("Axis of the body that points upwards when upright.", "z"),
        cosine: Type.Number({ minimum: -1, maximum: 1, description: "Of the angle to the vertical." }),
      },
      "A body has tilted.",
    ),
    ({ body, axis, cosine }) => `cosine of the angle between ${axis} of ${body} and the vertical < ${cosine}`,
    ({ body, axis, cosine }, scene: Scene): Condition => {
      const measure = uprightness(body, axis, scene);
      return (p) => measure(p) < cosine;
    },
  ),
  site_distance_above: entry(
    schema("site_distance_above", SITE, "A site is farther than a distance."),
    ({ site, to, distance }) => `|${to} − ${site}| > ${distance} m`,
    ({ site, to, distance }, scene: Scene): Condition => {
      const measure = siteDistance(site, to, scene);
      return (p) => measure(p) > distance;
    },
  ),
  site_distance_below: entry(
    schema("site_distance_below", SITE, "A site is nearer than a distance: an end by success."),
    ({ site, to, distance }) => `|${to} − ${site}| < ${distance} m`,
    ({ site, to, distance }, scene: Scene): Condition => {
      const measure = siteDistance(site, to, scene);
      return (p) => measure(p) < distance;
    },
  ),
  pose_distance_above: entry(
    schema(
      "pose_distance_above",
      { target: targetOf("pose"), distance: quantity("rad or m", { exclusiveMinimum: 0 }) },
      "Joints are farther from a pose target than a distance.",
    ),
    ({ target, distance }) => `|${target} − joint positions| > ${distance}`,
    ({ target, distance }, scene: Scene): Condition => {
      const measure = poseDistance(target, scene);
      return (p) => measure(p) > distance;
    },
  ),
  joint_outside: entry(
    schema(
      "joint_outside",
      { joint: named("hinge or slide joint"), low: quantity("rad or m"), high: quantity("rad or m") },
      "A joint has left a range.",
    ),
    ({ joint, low, high }) => `${joint} outside [${low}, ${high}]`,
    ({ joint, low, high }, scene: Scene): Condition => {
      const { qpos: at } = scene.joint(joint);
      return (p) => (p.qpos[at] ?? 0) < low || (p.qpos[at] ?? 0) > high;
    },
  ),
} satisfies Readonly<Record<string, Entry<Scene, Condition>>>;
