import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../envs/engine/engine.ts";
import type { Engine, Model, ModelSource, Physics } from "../../envs/engine/physics.ts";
import type { RawData, RawEngine } from "../../envs/engine/raw.ts";
import { engineGeometryTests } from "./engine-geometry.ts";

/** Contacts, a muscle, sensors, an equality and a height field in one small model. */
const XML = `<mujoco>
  <size memory="1M"/>
  <option timestep="0.002"/>
  <asset><hfield name="ground" nrow="4" ncol="4" size="2 2 1 0.1"/></asset>
  <worldbody>
    <geom type="hfield" hfield="ground" pos="0 0 -0.6"/>
    <site name="anchor" pos="0.1 0 0.1"/>
    <body name="ball" pos="0 0 0.3"><freejoint name="free"/><geom name="ball" size="0.1" density="500"/></body>
    <body name="arm" pos="0.5 0 0">
      <joint name="hinge" type="hinge" axis="0 1 0" damping="0.1"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.4" size="0.03" mass="1"/>
      <site name="hook" pos="0 0.04 -0.2"/>
    </body>
  </worldbody>
  <tendon><spatial name="rope"><site site="anchor"/><site site="hook"/></spatial></tendon>
  <actuator><muscle name="m" tendon="rope" force="50" lengthrange="0.3 0.9"/></actuator>
  <sensor><jointvel joint="hinge"/><accelerometer site="hook"/></sensor>
</mujoco>`;
export const MIXED_MODEL: ModelSource = { key: "mixed", xml: XML, files: [] };
const RUNGE_KUTTA_MODEL: ModelSource = {
  key: "mixed, Runge-Kutta",
  xml: XML.replace("<option ", '<option integrator="RK4" '),
  files: [],
};
const SUBSTEPS = 5;
const CONTROL_STEPS = 120;

function stateOf(p: Physics): Float64Array {
  const state = new Float64Array(p.stateSize());
  p.getState(state);
  return state;
}

const control = (k: number): number => 0.5 + 0.5 * Math.sin(0.7 * k);

export function advanceRow(p: Physics, from: number, steps: number): Float64Array[] {
  return Array.from({ length: steps }, (_, i) => {
    p.ctrl[0] = control(from + i);
    p.step(SUBSTEPS);
    p.forward();
    return stateOf(p);
  });
}

export function startRow(model: Model, sensors = false): Physics {
  const p = model.createPhysics({ sensors });
  p.qpos[0] = 0.05;
  p.qpos[7] = 0.4;
  p.forward();
  return p;
}

/** One physics library to hold to the contract. */
export interface EngineSuite {
  readonly name: string;
  /** Why it cannot be tested here, or null. */
  readonly obstacle: string | null;
  open(): Promise<RawEngine>;
}

/** What every engine promises: equal results whatever is saved, rows that do not see each other, faults in words. */
export function describeEngine(suite: EngineSuite): void {
  const note = suite.obstacle === null ? "" : ` (skipped: ${suite.obstacle})`;
  describe.skipIf(suite.obstacle !== null)(`${suite.name} engine${note}`, () => {
    engineTests(suite);
  });
}

function engineTests(suite: EngineSuite): void {
  let raw: RawEngine;
  let engine: Engine;
  let model: Model;
  beforeAll(async () => {
    raw = await suite.open();
    engine = createEngine(raw);
    model = engine.load(MIXED_MODEL);
  });
  afterAll(() => {
    model[Symbol.dispose]();
    engine[Symbol.dispose]();
  });

  it.each([MIXED_MODEL, RUNGE_KUTTA_MODEL])(
    "steps $key as the bare library does, with take-over and sensors off",
    (source) => {
      const plainModel = raw.compile(source);
      const plain: RawData = plainModel.createData();
      using shared = engine.load(source);
      const row = startRow(shared, true);
      plain.views().qpos[0] = 0.05;
      plain.views().qpos[7] = 0.4;
      plain.forward();
      const expected = new Float64Array(plainModel.stateSize);
      let contacts = 0;
      for (let k = 0; k < CONTROL_STEPS; k++) {
        plain.views().ctrl[0] = control(k);
        for (let i = 0; i < SUBSTEPS; i++) plain.step();
        plain.forward();
        plain.getState(expected);
        expect(advanceRow(row, k, 1)[0]).toEqual(expected);
        expect(row.sensordata).toEqual(plain.views().sensordata);
        contacts += row.ncon;
      }
      expect(contacts).toBeGreaterThan(0);
      expect(row.sensordata.some((value) => value !== 0)).toBe(true);
      row[Symbol.dispose]();
      plain.dispose();
      plainModel.dispose();
    },
  );

  it("gives the same state whether sensors are wanted or the take-over is used", () => {
    const fast = startRow(model, false);
    const sensing = startRow(model, true);
    const slow = startRow(model, false);
    for (let k = 0; k < CONTROL_STEPS; k++) {
      const [state] = advanceRow(fast, k, 1);
      expect(advanceRow(sensing, k, 1)[0]).toEqual(state);
      slow.touch();
      expect(advanceRow(slow, k, 1)[0]).toEqual(state);
    }
    expect(fast.sensordata.every((value) => value === 0)).toBe(true);
    for (const p of [fast, sensing, slow]) p[Symbol.dispose]();
  });

  it("observes what forward shows, and goes on from there to the same states", () => {
    const forwarded = startRow(model);
    const observed = startRow(model);
    for (let k = 0; k < CONTROL_STEPS; k++) {
      const [state] = advanceRow(forwarded, k, 1);
      observed.ctrl[0] = control(k);
      observed.step(SUBSTEPS);
      observed.observe();
      expect(stateOf(observed)).toEqual(state);
      for (const field of [
        "xpos",
        "siteXpos",
        "cvel",
        "actuatorLength",
        "actuatorVelocity",
        "actuatorForce",
      ] as const) {
        expect(observed[field]).toEqual(forwarded[field]);
      }
      expect(observed.ncon).toBe(forwarded.ncon);
    }
    for (const p of [forwarded, observed]) p[Symbol.dispose]();
  });

  it("step1 shows current positions, velocities and their sensors beside the last sub-step's forces", () => {
    const ended = startRow(model, true);
    const forwarded = startRow(model, true);
    for (let k = 0; k < CONTROL_STEPS; k++) {
      for (const p of [ended, forwarded]) {
        p.ctrl[0] = control(k);
        p.step(SUBSTEPS);
      }
      const force = ended.actuatorForce.slice();
      ended.step1();
      forwarded.forward();
      expect(ended.actuatorForce).toEqual(force);
      for (const field of ["qpos", "xpos", "ximat", "cvel", "actuatorLength", "actuatorVelocity"] as const) {
        expect(ended[field]).toEqual(forwarded[field]);
      }
      // The jointvel sensor; the accelerometer after it is of the acceleration stage.
      expect(ended.sensordata[0]).toBe(forwarded.sensordata[0]);
    }
    for (const p of [ended, forwarded]) p[Symbol.dispose]();
  });

  it("forwards without actuators: no force of theirs, whatever follows", () => {
    const passive = startRow(model);
    const plain = startRow(model);
    passive.ctrl[0] = 1;
    passive.act[0] = 1;
    passive.forward();
    expect(passive.actuatorForce[0]).toBeLessThan(0);
    passive.forwardPassive();
    expect(passive.actuatorForce[0]).toBe(0);
    expect(passive.actuatorLength).toEqual(plain.actuatorLength);
    passive.forward();
    expect(passive.actuatorForce[0]).toBeLessThan(0);
    for (const p of [passive, plain]) p[Symbol.dispose]();
  });

  it("sees a hand-written state after touch", () => {
    const touched = startRow(model);
    const forwarded = startRow(model);
    for (const p of [touched, forwarded]) p.qpos[7] = -0.6;
    touched.touch();
    forwarded.kinematics();
    expect(advanceRow(touched, 0, 1)[0]?.subarray(0, 9)).toEqual(advanceRow(forwarded, 0, 1)[0]?.subarray(0, 9));
    for (const p of [touched, forwarded]) p[Symbol.dispose]();
  });

  it("continues bit for bit from a state, warm start included", () => {
    const p = startRow(model);
    advanceRow(p, 0, 40);
    const state = stateOf(p);
    const expected = advanceRow(p, 40, 20);
    p.setState(state);
    expect(stateOf(p)).toEqual(state);
    expect(advanceRow(p, 40, 20)).toEqual(expected);
    const other = startRow(model);
    advanceRow(other, 7, 3);
    other.setState(state);
    expect(advanceRow(other, 40, 20)).toEqual(expected);
    for (const row of [p, other]) row[Symbol.dispose]();
  });

  it.each(["qpos", "qvel", "ctrl"] as const)("reports a NaN in %s once, and only for its row", (field) => {
    const bad = startRow(model);
    const good = startRow(model);
    advanceRow(bad, 0, 2);
    bad[field][bad[field].length - 1] = NaN;
    bad.step(SUBSTEPS);
    bad.forward();
    advanceRow(good, 0, 1);
    expect(bad.fault()).toContain(field);
    expect(bad.fault()).toBeNull();
    expect(good.fault()).toBeNull();
    expect(bad.qpos.every(Number.isFinite)).toBe(true);
    bad.ctrl[0] = 0;
    bad.qvel[6] = NaN;
    bad.touch();
    bad.step(1);
    expect(bad.fault()).toContain("qvel");
    for (const p of [bad, good]) p[Symbol.dispose]();
  });

  it("takes the checks of a full step when the last integration left a huge state", () => {
    const p = startRow(model);
    p.qvel[6] = 1e12;
    p.forward();
    p.step(1);
    expect(p.fault()).toContain("qvel");
    p[Symbol.dispose]();
  });

  it("reports a full arena", () => {
    const bodies = Array.from(
      { length: 30 },
      (_, i) => `<body pos="${i * 0.02} 0 .05"><freejoint/><geom size=".05"/></body>`,
    );
    const xml = `<mujoco><size memory="20K"/><worldbody><geom type="plane" size="1 1 1"/>${bodies.join("")}</worldbody></mujoco>`;
    const crowded = engine.load({ key: "crowded", xml, files: [] });
    const p = crowded.createPhysics({ sensors: false });
    p.step(1);
    expect(p.fault()).toContain("arena");
    p[Symbol.dispose]();
    crowded[Symbol.dispose]();
  });

  it("keeps a row's edits to the row", () => {
    const plain = startRow(model);
    const edited = startRow(model);
    const third = startRow(model);
    const reference = advanceRow(startRow(model), 0, 10);
    edited.edit("site_pos")[2] = 0.5;
    edited.edit("hfield_data").fill(0.2);
    edited.commitEdits();
    edited.forward();
    third.edit("site_pos")[0] = 0.3;
    third.commitEdits();
    third.forward();
    for (let k = 0; k < 10; k++) {
      const moved = advanceRow(edited, k, 1)[0];
      expect(moved).not.toEqual(reference[k]);
      expect(advanceRow(third, k, 1)[0]).not.toEqual(moved);
      expect(advanceRow(plain, k, 1)[0]).toEqual(reference[k]);
    }
    expect(model.floatsBorrow("site_pos")[2]).toBe(0.1);
    edited.clearEdits();
    edited.resetData();
    edited.qpos[0] = 0.05;
    edited.qpos[7] = 0.4;
    edited.forward();
    expect(advanceRow(edited, 0, 10)).toEqual(reference);
    for (const p of [plain, edited, third]) p[Symbol.dispose]();
  });

  it("makes what mj_setConst derives part of the edits", () => {
    const p = startRow(model);
    const base = model.floatsBorrow("body_invweight0").slice();
    p.edit("body_mass")[1] = 9;
    p.commitEdits({ setConst: true });
    expect([...p.edits.keys()]).toContain("body_invweight0");
    expect(p.edits.get("body_subtreemass")?.[1]).toBe(9);
    expect(p.meanInertia).not.toBeNull();
    expect(model.floatsBorrow("body_invweight0")).toEqual(base);
    const heavier = model.floatsBorrow("body_mass").slice();
    heavier[1] = 9;
    const fresh = raw.compile(MIXED_MODEL);
    fresh.floats("body_mass").set(heavier);
    fresh.setConst();
    expect(p.edits.get("body_invweight0")).toEqual(fresh.floats("body_invweight0"));
    expect(p.meanInertia).toBe(fresh.meanInertia);
    fresh.dispose();
    p[Symbol.dispose]();
  });

  it("says in MuJoCo's words why a model does not compile", () => {
    const compile = (xml: string) => () => engine.load({ key: "broken", xml, files: [] });
    expect(compile("<mujoco><worldbody>")).toThrow(/XML/);
    expect(compile('<mujoco><worldbody><geom type="sphere"/></worldbody></mujoco>')).toThrow(/size 0 must be positive/);
    expect(compile('<mujoco><worldbody><geom foo="1"/></worldbody></mujoco>')).toThrow(/unrecognized attribute: 'foo'/);
  });

  it("mounts the files a model names and unmounts them", () => {
    const path = fileURLToPath(import.meta.url);
    const xml = `<mujoco><asset><hfield name="h" file="terrain/h.png" size="1 1 1 1"/></asset></mujoco>`;
    expect(readFileSync(path).length).toBeGreaterThan(0);
    expect(() => engine.load({ key: "file", xml, files: [{ name: "terrain/h.png", path }] })).toThrow(/h\.png/);
    expect(() => engine.load({ key: "file", xml, files: [] })).toThrow(/h\.png/);
  });

  it("compiles a key once, prepares it once, and keeps a few models that nobody holds", () => {
    let prepared = 0;
    const source = { ...MIXED_MODEL, key: "prepared" };
    const load = () =>
      engine.load(source, (fresh) => {
        prepared += 1;
        fresh.floatsBorrow("body_mass")[1] = 2;
        fresh.setConst();
      });
    const one = load();
    expect(load()).toBe(one);
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(load()).toBe(one);
    expect(prepared).toBe(1);
    expect(one.floatsBorrow("body_subtreemass")[1]).toBe(2);
    one[Symbol.dispose]();
    for (const key of ["a", "b", "c"]) engine.load({ ...MIXED_MODEL, key })[Symbol.dispose]();
    load()[Symbol.dispose]();
    expect(prepared).toBe(2);
  });

  engineGeometryTests(() => ({ engine, raw }));
}
