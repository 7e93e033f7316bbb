import { Type, type TObject, type TProperties } from "@sinclair/typebox";
import { qposNames, qvelNames } from "../coordinates.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { muscleActuators, muscleNames } from "../myosuite/muscle-map.ts";
import { actGroup, muscleGroup } from "../observation.ts";
import type { ObsGroupSpec } from "../task.ts";
import { CentreOfMass } from "./body.ts";
import { AXES, entry, named, tagged, targetOf, type Entry } from "./fields.ts";
import type { ScalarJoint, Scene } from "./scene.ts";

/** A group without the name that the file gives it. */
type Shape = Omit<ObsGroupSpec, "name">;

const names = (kind: string) => Type.Array(named(kind), { minItems: 1, maxItems: 4096, uniqueItems: true });
const SOME_JOINTS = {
  joints: Type.Optional(
    Type.Array(named("hinge or slide joint"), { minItems: 1, description: "All coordinates where absent." }),
  ),
};

const schema = <P extends TProperties>(tag: string, properties: P, description: string) =>
  tagged("group", tag, { name: GROUP_NAME, ...properties }, description);

const GROUP_NAME = Type.Optional(
  Type.String({
    pattern: "^[A-Za-z][A-Za-z0-9_]*$",
    maxLength: 64,
    description: "Name in obs_keys; that of the group where absent.",
  }),
);

/** Elements of a live array of physics, by index. */
function picked(
  of: (p: Physics) => Float64Array,
  indices: readonly number[],
  unit: string,
  elements: readonly string[],
  shape: readonly number[] = [indices.length],
): Shape {
  const at = Int32Array.from(indices);
  return {
    shape,
    unit,
    names: elements,
    write(p, out, offset) {
      const values = of(p);
      for (let i = 0; i < at.length; i++) out[offset + i] = values[at[i] ?? 0] ?? 0;
    },
  };
}

/** Numbers computed one by one. */
function computed(unit: string, elements: readonly string[], value: (p: Physics, i: number) => number): Shape {
  return {
    shape: [elements.length],
    unit,
    names: elements,
    write(p, out, offset) {
      for (let i = 0; i < elements.length; i++) out[offset + i] = value(p, i);
    },
  };
}

/** Three coordinates, or `count`, of each object. */
function rows(
  of: (p: Physics) => Float64Array,
  ids: readonly number[],
  objects: readonly string[],
  suffixes: readonly string[],
  unit: string,
): Shape {
  const count = suffixes.length;
  const indices = ids.flatMap((id) => suffixes.map((_, i) => count * id + i));
  return picked(
    of,
    indices,
    unit,
    objects.flatMap((name) => suffixes.map((suffix) => `${name}.${suffix}`)),
  );
}

function coordinates(
  of: (p: Physics) => Float64Array,
  address: (joint: ScalarJoint) => number,
  unit: string,
  all: readonly string[],
  chosen: readonly string[] | undefined,
  scene: Scene,
): Shape {
  if (chosen !== undefined)
    return picked(
      of,
      chosen.map((name) => address(scene.joint(name))),
      unit,
      chosen,
    );
  return picked(
    of,
    all.map((_, i) => i),
    unit,
    all,
  );
}

function muscles(of: (p: Physics) => Float64Array, unit: string, model: Model): Shape {
  const ids = [...muscleActuators(model)];
  return picked(
    of,
    ids,
    unit,
    ids.map((id) => model.name("actuator", id)),
  );
}

function sensors(chosen: readonly string[], scene: Scene): Shape {
  const addresses = scene.model.intsBorrow("sensor_adr");
  const dimensions = scene.model.intsBorrow("sensor_dim");
  const elements = chosen.flatMap((name) => {
    const id = scene.id("sensor", name);
    const [first = 0, count = 0] = [addresses[id], dimensions[id]];
    return Array.from({ length: count }, (_, i) => ({ index: first + i, name: count === 1 ? name : `${name}.${i}` }));
  });
  return picked(
    (p) => p.sensordata,
    elements.map(({ index }) => index),
    "as the sensor",
    elements.map(({ name }) => name),
  );
}

const QUATERNION = ["qw", "qx", "qy", "qz"] as const;
const NOTHING = {};

/** What a task file may list under `observation`, by the field `group`. */
export const OBSERVATIONS = {
  qpos: entry(
    schema("qpos", SOME_JOINTS, "Generalised positions, rad or m."),
    () => "generalised positions",
    ({ joints }, scene: Scene) =>
      coordinates(
        (p) => p.qpos,
        (joint) => joint.qpos,
        "rad",
        qposNames(scene.model),
        joints,
        scene,
      ),
  ),
  qvel: entry(
    schema("qvel", SOME_JOINTS, "Generalised velocities, rad/s or m/s."),
    () => "generalised velocities",
    ({ joints }, scene: Scene) =>
      coordinates(
        (p) => p.qvel,
        (joint) => joint.qvel,
        "rad/s",
        qvelNames(scene.model),
        joints,
        scene,
      ),
  ),
  time: entry(
    schema("time", NOTHING, "Simulation time, s."),
    () => "simulation time",
    () => computed("s", ["time"], (p) => p.time),
  ),
  muscle_length: entry(
    schema("muscle_length", NOTHING, "Length of every muscle-tendon, m."),
    () => "muscle-tendon lengths",
    (_, { model }: Scene) => muscles((p) => p.actuatorLength, "m", model),
  ),
  muscle_velocity: entry(
    schema("muscle_velocity", NOTHING, "Velocity of every muscle-tendon, m/s."),
    () => "muscle-tendon velocities",
    (_, { model }: Scene) => muscles((p) => p.actuatorVelocity, "m/s", model),
  ),
  muscle_force: entry(
    schema("muscle_force", NOTHING, "Force of every muscle-tendon, N; negative pulls."),
    () => "muscle forces, negative pulls",
    (_, { model }: Scene) => muscles((p) => p.actuatorForce, "N", model),
  ),
  site_pos: entry(
    schema("site_pos", { sites: names("site") }, "Places of sites, m."),
    () => "places of sites",
    ({ sites }, scene: Scene) =>
      rows(
        (p) => p.siteXpos,
        sites.map((name) => scene.id("site", name)),
        sites,
        AXES,
        "m",
      ),
  ),
  site_error: entry(
    schema("site_error", { site: named("site"), target: targetOf("point") }, "target - site, m."),
    ({ site, target }) => `${target} − ${site}`,
    ({ site, target }, scene: Scene) => {
      const at = 3 * scene.id("site", site);
      const { value } = scene.targets.get(target, "point", scene);
      return computed("m", AXES, (p, i) => (value[i] ?? 0) - (p.siteXpos[at + i] ?? 0));
    },
  ),
  pose_error: entry(
    schema("pose_error", { target: targetOf("pose") }, "target - position of its joints, rad or m."),
    ({ target }) => `${target} − joint positions`,
    ({ target }, scene: Scene) => {
      const { value, joints, unit, names: elements } = scene.targets.get(target, "pose", scene);
      return computed(unit, elements, (p, i) => (value[i] ?? 0) - (p.qpos[joints[i]?.qpos ?? 0] ?? 0));
    },
  ),
  target: entry(
    schema("target", { target: targetOf("point, pose or velocity") }, "Value of a target."),
    ({ target }) => `value of the target ${target}`,
    ({ target }, scene: Scene) => {
      const found = scene.targets.any(target);
      if (found === null) throw scene.fault(`"${target}" is no target of this file; add it to targets.`);
      return computed(found.unit, found.names, (_, i) => found.value[i] ?? 0);
    },
  ),
  body_pos: entry(
    schema("body_pos", { bodies: names("body") }, "Places of body frames, m."),
    () => "places of bodies",
    ({ bodies }, scene: Scene) =>
      rows(
        (p) => p.xpos,
        bodies.map((name) => scene.id("body", name)),
        bodies,
        AXES,
        "m",
      ),
  ),
  body_quat: entry(
    schema("body_quat", { bodies: names("body") }, "Rotations of body frames, unit quaternions."),
    () => "rotations of bodies",
    ({ bodies }, scene: Scene) =>
      rows(
        (p) => p.xquat,
        bodies.map((name) => scene.id("body", name)),
        bodies,
        QUATERNION,
        "1",
      ),
  ),
  com_pos: entry(
    schema("com_pos", NOTHING, "Centre of mass of the whole model, m."),
    () => "centre of mass",
    (_, { model }: Scene) => {
      const centre = new CentreOfMass(model);
      return computed("m", AXES, (p, i) => centre.position(p, i));
    },
  ),
  com_vel: entry(
    schema("com_vel", NOTHING, "Velocity of the centre of mass of the whole model, m/s."),
    () => "velocity of the centre of mass",
    (_, { model }: Scene) => {
      const centre = new CentreOfMass(model);
      return computed("m/s", AXES, (p, i) => centre.velocity(p, i));
    },
  ),
  sensor: entry(
    schema("sensor", { sensors: names("sensor") }, "Values of sensors, in the unit of each."),
    () => "sensor values",
    ({ sensors: chosen }, scene: Scene) => sensors(chosen, scene),
  ),
  act: entry(
    schema("act", NOTHING, "Activations of the muscles."),
    () => "muscle activations",
    (_, { model }: Scene) => actGroup(model.sizes.na, muscleNames(model)),
  ),
  muscle: entry(
    schema(
      "muscle",
      NOTHING,
      "[4, n]: length m, velocity m/s, force N (negative pulls) and activation of every muscle; what DEP reads.",
    ),
    () => "[4, n]: muscle-tendon lengths, velocities, forces (negative pulls), activations",
    (_, scene: Scene) => {
      const all = muscleNames(scene.model);
      if (all.length > 0) return muscleGroup(scene.model, all);
      throw scene.fault('the model has no muscles for the group "muscle"; leave it out.');
    },
  ),
} satisfies Readonly<Record<string, Entry<Scene, Shape> & { readonly schema: TObject }>>;

/** Groups without parameters: every task offers them. */
export const FREE_GROUPS = ["qpos", "qvel", "time", "com_pos", "com_vel"] as const;
