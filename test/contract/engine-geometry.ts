import { expect, it } from "vitest";
import type { BodyRefresh, Engine, FieldValues, ModelField, ModelSource, Physics } from "../../envs/engine/physics.ts";
import { MODEL_FIELDS } from "../../envs/engine/physics.ts";
import type { RawEngine, RawModel } from "../../envs/engine/raw.ts";

/** Gravity m/s², mass kg and lever m of a bar that hangs on its limit. */
const GRAVITY = 9.81;
const MASS = 2;
const LEVER = 0.3;
const LIMITED: ModelSource = {
  key: "limited",
  xml: `<mujoco><compiler angle="radian"/><worldbody>
    <body name="free" pos="0 0 3"><joint type="slide"/><geom size="0.1"/></body>
    <body name="bar"><joint name="hinge" axis="0 1 0" limited="true" range="-1 0" damping="5"/>
      <geom type="box" size="0.01 0.01 0.01" pos="${LEVER} 0 0" mass="${MASS}"/></body>
  </worldbody></mujoco>`,
  files: [],
};

const BOUNDS = `<compiler boundmass="0.001" boundinertia="0.00001"/>`;
/** One body of two geoms that is drawn anew, beside one that never changes and one that is welded to the world. */
const drawn = (object: string, mass: string): string => `<mujoco>${BOUNDS}<worldbody>
    <geom type="plane" size="1 1 1"/>
    <body name="other" pos="1 0 1"><freejoint/><geom size="0.2"/></body>
    <body name="object" pos="0 0 1"><freejoint/>${mass}${object}<site name="mark" pos="0 0 0.1"/></body>
    <body name="shelf" pos="0 1 1"><inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/><geom name="shelf" type="box" size="0.1 0.1 0.1"/></body>
  </worldbody></mujoco>`;
const BEFORE = `<geom type="sphere" size="0.1 0.1 0.1" density="500"/><geom type="box" size="0.1 0.2 0.3" pos="0.1 0 0" density="1000"/>`;
const AFTER = `<geom type="cylinder" size="0.04 0.07 0.02" pos="0.02 0.01 -0.03" quat="0.8 0 0.6 0" density="500"/><geom type="ellipsoid" size="0.05 0.1 0.2" density="1000"/>`;
/** Not the physics': what only a renderer reads. */
const UNSEEN: readonly ModelField[] = ["geom_rgba"];

const fieldOf = (p: Physics, field: ModelField): FieldValues => p.edit(field);

function editObject(p: Physics, mass: number): void {
  p.edit("geom_type").set([5, 4], 2);
  p.edit("geom_size").set([0.04, 0.07, 0.02, 0.05, 0.1, 0.2], 6);
  p.edit("geom_pos").set([0.02, 0.01, -0.03, 0, 0, 0], 6);
  p.edit("geom_quat").set([0.8, 0, 0.6, 0, 1, 0, 0, 0], 8);
  p.edit("body_mass")[2] = mass;
}

/** Contacts, limit forces, options and geometry that changes by episode. */
export function engineGeometryTests(open: () => { readonly engine: Engine; readonly raw: RawEngine }): void {
  it("names the geoms that touch", () => {
    const { engine } = open();
    const xml = `<mujoco><worldbody><geom name="floor" type="plane" size="1 1 1"/>
      <body name="a" pos="0 0 0.09"><freejoint/><geom name="a" size="0.1"/></body>
      <body name="b" pos="0 0 0.28"><freejoint/><geom name="b" size="0.1"/></body>
      <body name="c" pos="5 0 9"><freejoint/><geom name="c" size="0.1"/></body></worldbody></mujoco>`;
    using model = engine.load({ key: "pile", xml, files: [] });
    using p = model.createPhysics({ sensors: false });
    p.forward();
    const names = Array.from(p.contactGeomsBorrow(), (geom) => model.name("geom", geom));
    expect(p.ncon).toBe(2);
    expect([names.slice(0, 2).toSorted().join(), names.slice(2, 4).toSorted().join()].toSorted()).toEqual([
      "a,b",
      "a,floor",
    ]);
    p.qpos[2] = 50;
    p.qpos[9] = 80;
    p.forward();
    expect(p.contactGeomsBorrow()).toHaveLength(0);
  });

  it("tells the force of the ground on a body that rests on it", () => {
    const { engine } = open();
    const xml = `<mujoco><option cone="elliptic"/><worldbody><geom name="floor" type="plane" size="1 1 1" friction="2"/>
      <body name="box" pos="0 0 0.1"><joint name="x" type="slide" axis="1 0 0"/>
      <joint type="slide" axis="0 0 1"/>
      <geom type="box" size="0.1 0.1 0.1" mass="${MASS}"/></body></worldbody>
      <actuator><motor joint="x" gear="1"/></actuator></mujoco>`;
    using model = engine.load({ key: "rests", xml, files: [] });
    using p = model.createPhysics({ sensors: false });
    const forces = new Float64Array(3 * model.sizes.nbody);
    p.ctrl[0] = 5;
    p.step(3000);
    p.forward();
    p.externalForces(forces);
    // Friction holds against the push, the floor carries the weight; the world has the reaction.
    expect(forces[3]).toBeCloseTo(-5, 2);
    expect(forces[4]).toBeCloseTo(0, 6);
    expect(forces[5]).toBeCloseTo(MASS * GRAVITY, 2);
    p.qpos[1] = 1;
    p.forward();
    p.externalForces(forces);
    expect([...forces.subarray(3)]).toEqual([0, 0, 0]);
  });

  it("tells the force of a joint at its limit", () => {
    const { engine } = open();
    using model = engine.load(LIMITED);
    using p = model.createPhysics({ sensors: false });
    const forces = new Float64Array(model.sizes.njnt).fill(NaN);
    p.qpos[1] = -0.5;
    p.forward();
    p.jointLimitForces(forces);
    expect([...forces]).toEqual([0, 0]);
    p.step(3000);
    p.forward();
    p.jointLimitForces(forces);
    expect(forces[0]).toBe(0);
    expect(forces[1]).toBeCloseTo(MASS * GRAVITY * LEVER, 1);
  });

  it("lets a constructor set options of the solver for every row", () => {
    const { engine } = open();
    using model = engine.load({ ...LIMITED, key: "options" }, (fresh) => {
      fresh.setOption("iterations", 1);
      fresh.setOption("disableflags", fresh.option("disableflags") | 8);
    });
    using p = model.createPhysics({ sensors: false });
    expect(model.option("iterations")).toBe(1);
    const forces = new Float64Array(model.sizes.njnt);
    p.step(1000);
    p.forward();
    p.jointLimitForces(forces);
    // mjDSBL_LIMIT: the bar falls through.
    expect([...forces]).toEqual([0, 0]);
    expect(Math.abs(p.qpos[1] ?? 0)).toBeGreaterThan(0.5);
  });

  it.each([
    ["0.7 kg", 0.7, undefined],
    ["3 kg", 3, undefined],
    ["an inertia that the model gives", 0.4, { mass: 0.1, diagonal: [1e-6, 2e-3, 2e-3] }],
  ] as const)("derives from a drawn geometry of %s what a compile of it has", (_, mass, inertial) => {
    const { engine, raw } = open();
    const request: BodyRefresh = { body: 2, density: [500, 1000], ...(inertial === undefined ? {} : { inertial }) };
    const given = inertial === undefined ? "" : inertialText(inertial.mass, inertial.diagonal);
    using model = engine.load({ key: `drawn${given}`, xml: drawn(BEFORE, given), files: [] });
    using p = model.createPhysics({ sensors: false });
    editObject(p, mass);
    p.edit("geom_size").set([0.3, 0.2, 0.1], 12);
    p.refreshBodies([request, { body: 3 }]);
    const wanted = compiledWith(raw, mass, inertial);
    for (const field of MODEL_FIELDS) {
      if (!UNSEEN.includes(field)) expectEqual(fieldOf(p, field), wanted, field);
    }
    wanted.dispose();
    expect(model.intsBorrow("geom_type")[2]).toBe(2);
    using plain = model.createPhysics({ sensors: false });
    plain.forward();
    expect(plain.edit("geom_type")[2]).toBe(2);
  });

  it("derives the same again from shapes it has seen", () => {
    const { engine } = open();
    using model = engine.load({ key: "again", xml: drawn(BEFORE, ""), files: [] });
    using p = model.createPhysics({ sensors: false });
    const seen = [0.5, 2, 0.5].map((mass) => {
      editObject(p, mass);
      p.refreshBodies([{ body: 2, density: [500, 1000] }]);
      return new Map([...p.edits].map(([field, values]) => [field, values.slice()]));
    });
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[1]).not.toEqual(seen[0]);
  });
}

function expectEqual(got: FieldValues, model: RawModel, field: ModelField): void {
  const isInt = got instanceof Int32Array || got instanceof Uint8Array;
  const want = isInt ? model.ints(field as "geom_type") : model.floats(field as "geom_size");
  for (let i = 0; i < want.length; i++) {
    const at = `${field}[${i}]`;
    if (isInt) expect(got[i], at).toBe(want[i]);
    else expect(Math.abs((got[i] ?? NaN) - (want[i] ?? 0)), at).toBeLessThanOrEqual(1e-14);
  }
}

const inertialText = (mass: number, diagonal: readonly number[]): string =>
  `<inertial pos="0 0 0.01" mass="${mass}" diaginertia="${diagonal.join(" ")}"/>`;

/** The drawn model compiled as a whole, its geoms or its inertia scaled so that the body has the mass. */
function compiledWith(raw: RawEngine, mass: number, inertial: BodyRefresh["inertial"]): RawModel {
  const shelf = (xml: string): string => xml.replace('type="box" size="0.1 0.1 0.1"', 'type="box" size="0.3 0.2 0.1"');
  const compile = (object: string, given: string): RawModel =>
    raw.compile({ key: "whole", xml: shelf(drawn(object, given)), files: [] });
  if (inertial !== undefined) {
    const scaled = inertial.diagonal.map((value) => (value * mass) / inertial.mass);
    return compile(AFTER, inertialText(mass, scaled));
  }
  const trial = compile(AFTER, "");
  const scale = mass / (trial.floats("body_mass")[2] ?? NaN);
  trial.dispose();
  return compile(
    AFTER.replace(/density="(\d+)"/g, (_, density: string) => `density="${Number(density) * scale}"`),
    "",
  );
}
