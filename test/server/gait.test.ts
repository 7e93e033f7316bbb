import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import { gaitCsv } from "../../server/analysis/gait-files.ts";
import { analyseGait, type GaitReport, type SignalReport } from "../../server/analysis/gait-report.ts";
import { parseReference } from "../../server/analysis/reference.ts";
import { recordEpisodes } from "../../server/recording/record-episodes.ts";
import { Feet } from "../../server/recording/feet.ts";
import { Recorder } from "../../server/recording/recorder.ts";
import { readRecording, writeRecording, type Recording } from "../../server/recording/recording.ts";
import { codeOf } from "../contract/describe-env.ts";
import { packObstacle } from "../parity/golden.ts";
import { clockwork, MASS, RAIL_WALKER, SPEED, STRIDE } from "./rail-walker.ts";
import { FORCE, forceAt, GAIT, HIP, hipAt, phaseAt, syntheticGait, worldForce } from "./synthetic-gait.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/cli/main.js", import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), "myoserve-gait-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));
const file = (name: string): string => join(FOLDER, name);

const WEIGHT = GAIT.mass * 9.81;
const ON = 0.03 * WEIGHT;
/** Phase at which the force rises above the threshold, where every cycle begins. */
const STRIKE = (GAIT.stance / Math.PI) * Math.asin(ON / FORCE.vertical);
const TOE_OFF = GAIT.stance - (GAIT.stance / Math.PI) * Math.asin(ON / 2 / FORCE.vertical);

const signal = (report: GaitReport, name: string): SignalReport => report.signals.find((each) => each.name === name)!;

/** Largest distance of a curve from a function of the phase. */
function distance(curve: readonly number[], of: (phase: number) => number): number {
  return Math.max(...curve.map((value, percent) => Math.abs(value - of((STRIKE + percent / 100) % 1))));
}

const myoserve = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });

describe("a walk that is known", () => {
  const report = analyseGait(syntheticGait());

  it("has its spacing in place and time", () => {
    expect(report.speed_m_per_s).toBeCloseTo(GAIT.speed, 6);
    expect(report.cadence_steps_per_min).toBeCloseTo(120 / GAIT.strideTime, 2);
    for (const side of ["right", "left"] as const) {
      const found = report.sides[side]!;
      // The recording begins within a stance of the right foot, whose strike is unknown; strikes follow each stride.
      expect(found.dropped_cycles).toBe(0);
      expect(found.cycles).toBe(found.heel_strikes - 1);
      expect(found.stride_time_s.mean).toBeCloseTo(GAIT.strideTime, 3);
      expect(found.stride_time_s.std).toBeLessThan(1e-3);
      expect(found.stride_length_m.mean).toBeCloseTo(GAIT.speed * GAIT.strideTime, 3);
      expect(found.stance_share.mean).toBeCloseTo(TOE_OFF - STRIKE, 2);
    }
  });

  it("has its forces over the cycle, along the way and towards the other foot", () => {
    const percent = (force: number): number => (100 * force) / WEIGHT;
    for (const side of ["r", "l"]) {
      expect(distance(signal(report, `grf_vertical_${side}`).mean, (phase) => percent(forceAt(phase)[2]))).toBeLessThan(
        1,
      );
      expect(distance(signal(report, `grf_anterior_${side}`).mean, (phase) => percent(forceAt(phase)[0]))).toBeLessThan(
        1,
      );
      expect(distance(signal(report, `grf_medial_${side}`).mean, (phase) => percent(forceAt(phase)[1]))).toBeLessThan(
        0.1,
      );
    }
  });

  it("has its angles with their spread over the strides, each side over its own cycle", () => {
    const hip = signal(report, "hip_flexion_r");
    const { cycles } = report.sides.right!;
    // Strides have ± the change in turn; their mean has half a change more where their number is odd.
    const excess = cycles % 2 === 0 ? 0 : HIP.change / cycles;
    const error = (sign: number) =>
      distance(hip.mean, (phase) => HIP.middle + (HIP.amplitude + sign * excess) * Math.sin(2 * Math.PI * phase));
    expect(Math.min(error(1), error(-1))).toBeLessThan(0.2);
    const spread = HIP.change * Math.sqrt((cycles * (1 - (excess / HIP.change) ** 2)) / (cycles - 1));
    expect(distance(hip.std, (phase) => spread * Math.abs(Math.sin(2 * Math.PI * phase)))).toBeLessThan(0.2);
    expect(signal(report, "hip_flexion_l").cycles_of).toBe("left");
    expect(signal(report, "psoas_r").mean.slice(5, 45)).toEqual(Array<number>(40).fill(1));
    expect(report.signals.map(({ name }) => name)).not.toContain("root.qw");
  });

  it("agrees with a reference to what separates them", () => {
    const own = parseReference("own.csv", gaitCsv(report));
    const moved = own.map((column) => ({ ...column, values: column.values.map((value) => value + 5) }));
    const { comparison } = signal(analyseGait(syntheticGait(), { reference: moved }), "hip_flexion_r");
    expect(comparison?.reference).toBe("hip_flexion_r");
    expect(comparison?.rmse).toBeCloseTo(5, 6);
    expect(comparison?.correlation).toBeCloseTo(1, 9);
  });

  it("finds a column without a side for both sides, and names those that fit nothing", () => {
    const text = `percent,hip_flexion [deg],smile [1]\n0,0,0\n100,0,0\n`;
    const compared = analyseGait(syntheticGait(), { reference: parseReference("a.csv", text) });
    expect(compared.signals.filter(({ comparison }) => comparison !== null).map(({ name }) => name)).toEqual([
      "hip_flexion_r",
      "hip_flexion_l",
    ]);
    expect(signal(compared, "hip_flexion_r").comparison?.correlation).toBeNull();
    expect(compared.unmatched).toEqual(["smile"]);
    const alone = parseReference("b.csv", "percent,smile [1]\n0,0\n100,0\n");
    expect(() => analyseGait(syntheticGait(), { reference: alone })).toThrow(/No column of the reference \(smile\)/);
  });

  it("leaves out the cycle of a step that is missing", () => {
    const recording = syntheticGait();
    const force = recording.columns.foot_force;
    // The right foot's third stance does not happen.
    for (let row = 0; row < recording.rows; row++) {
      if (phaseAt(row * GAIT.dt, 0).stride === 3) force.fill(0, 6 * row, 6 * row + 3);
    }
    const gapped = analyseGait(recording);
    expect(gapped.sides.right?.dropped_cycles).toBe(1);
    expect(gapped.sides.right?.cycles).toBe(report.sides.right!.cycles - 2);
    expect(gapped.sides.right?.stride_time_s.mean).toBeCloseTo(GAIT.strideTime, 3);
    expect(gapped.sides.left).toEqual(report.sides.left);
  });

  it("makes no cycle out of the end of an episode and the next one's beginning", () => {
    const { rows, columns, meta } = syntheticGait();
    const twice = Object.fromEntries(
      (Object.entries(columns) as [string, Float64Array][]).map(([name, values]) => [
        name,
        Float64Array.from([...values, ...values]),
      ]),
    );
    twice["episode"]!.fill(1, rows);
    const both = analyseGait({ meta, rows: 2 * rows, columns: twice as unknown as Recording["columns"] });
    expect(both.sides.left?.cycles).toBe(2 * report.sides.left!.cycles);
    expect(both.speed_m_per_s).toBeCloseTo(GAIT.speed, 6);
  });

  it("is refused without feet and without steps, with the remedy", () => {
    const { rows, columns, meta } = syntheticGait();
    const footless = { rows, columns, meta: { ...meta, feet: null } };
    expect(() => analyseGait(footless)).toThrow(/knows no feet; .*--feet <right,left>/);
    const still = { rows, meta, columns: { ...columns, foot_force: new Float64Array(6 * rows) } };
    expect(() => analyseGait(still)).toThrow(/right foot struck 0 times, .* record a longer walk/);
    expect(codeOf(() => analyseGait(still))).toBe("BAD_OPTIONS");
    expect(codeOf(() => analyseGait(syntheticGait(), { threshold: 5000 }))).toBe("BAD_OPTIONS");
  });
});

describe("a recording", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  const walk = (steps: number): Recording => {
    using env = createEnv(RAIL_WALKER, {}, engine);
    const origin = { kwargs: {}, seed: 0, agent: { id: "clockwork" }, feet: ["foot_r", "foot_l"] as const };
    return recordEpisodes(env, clockwork(), { ...origin, episodes: 1, steps, mode: "exploit" });
  };

  it("is bit for bit the run without a recorder", () => {
    const { columns } = walk(150);
    using env = createEnv(RAIL_WALKER, {}, engine);
    using agent = clockwork();
    let { obs } = env.reset(0);
    for (let step = 1; step <= 150; step++) {
      ({ obs } = env.step(agent.act(obs, "exploit")));
      const { qpos, qvel } = env.physicsBorrow;
      expect(columns.qpos.subarray(step * qpos.length, (step + 1) * qpos.length)).toEqual(qpos.slice());
      expect(columns.qvel.subarray(step * qvel.length, (step + 1) * qvel.length)).toEqual(qvel.slice());
    }
  });

  it("comes back from its file as it was", () => {
    const recording = walk(20);
    writeRecording(file("walk.npz"), recording);
    const read = readRecording(file("walk.npz"));
    expect(read.meta).toMatchObject(recording.meta);
    expect(read.columns).toEqual(recording.columns);
    expect(read.rows).toBe(21);
  });

  it("is refused where the file is none", () => {
    writeFileSync(file("text.npz"), "no archive");
    expect(() => readRecording(file("text.npz"))).toThrow(
      /text.npz is no recording: it is no zip file; write one with/,
    );
    expect(codeOf(() => readRecording(file("absent.npz")))).toBe("NOT_FOUND");
  });

  it("of a walker with true contacts has its stride, its speed and its weight", () => {
    const recording = walk(3500);
    expect(recording.meta.mass).toBeCloseTo(MASS, 9);
    const report = analyseGait(recording);
    expect(report.cadence_steps_per_min / (120 / STRIDE.time)).toBeCloseTo(1, 1);
    // Soft contacts and drives give way.
    expect(report.speed_m_per_s / SPEED).toBeGreaterThan(0.9);
    expect(report.speed_m_per_s / SPEED).toBeLessThan(1.02);
    const stride = report.speed_m_per_s * STRIDE.time;
    for (const side of [report.sides.right!, report.sides.left!]) {
      expect(side.cycles).toBeGreaterThanOrEqual(7);
      // The first stride starts from rest.
      expect(Math.abs(side.stride_length_m.mean / stride - 1)).toBeLessThan(0.05);
    }
    const mean = (name: string): number => {
      const values = signal(report, name).mean.slice(0, -1);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    // Over a stride the ground carries the weight, and pushes neither ahead nor back; shocks between rows are not seen.
    expect(mean("grf_vertical_r") + mean("grf_vertical_l")).toBeGreaterThan(95);
    expect(mean("grf_vertical_r") + mean("grf_vertical_l")).toBeLessThan(105);
    expect(Math.abs(mean("grf_anterior_r") + mean("grf_anterior_l"))).toBeLessThan(8);
  });

  it.skipIf(packObstacle() !== null)("has the forces of the ground that the episode has drawn", () => {
    const definition = findEnv("myoLegRoughTerrainWalk-v0");
    using env = createEnv(definition, validateKwargs(definition, {}), engine);
    using recorder = new Recorder(env, { kwargs: {}, seed: 0, agent: { id: "zero" } });
    const p = env.physicsBorrow;
    const feet = new Feet(p.model, ["talus_r", "talus_l"]);
    const forces = new Float64Array(6);
    for (let episode = 0; episode < 2; episode++) {
      env.reset(episode);
      recorder.begin();
      for (let step = 0; step < 5; step++) recorder.step(env.step([new Float32Array(80)]).reward);
      p.forward();
      feet.forces(p, forces);
      const recorded = recorder.finish().columns.foot_force.subarray(-6);
      expect(Math.max(...forces)).toBeGreaterThan(50);
      recorded.forEach((force, i) => expect(Math.abs(force - forces[i]!)).toBeLessThan(1e-6 * 700));
    }
  });

  it.skipIf(packObstacle() !== null)("of the leg model played through a gait has its angles and strides", () => {
    const definition = findEnv("myoLegWalk-v0");
    using env = createEnv(definition, validateKwargs(definition, {}), engine);
    using recorder = new Recorder(env, { kwargs: {}, seed: 0, agent: { id: "playback" } });
    const p = env.physicsBorrow;
    const address = (name: string): number => env.spec.joints.find((joint) => joint.name === name)!.qpos;
    const hips = [address("hip_flexion_r"), address("hip_flexion_l")];
    env.reset(0);
    recorder.begin();
    const rows = Math.floor((GAIT.strides * GAIT.strideTime) / GAIT.dt);
    const sides = [0, 1] as const;
    for (let row = 1; row < rows; row++) {
      p.qpos[0] = GAIT.speed * row * GAIT.dt * Math.cos(GAIT.heading);
      p.qpos[1] = GAIT.speed * row * GAIT.dt * Math.sin(GAIT.heading);
      for (const side of sides) {
        const { stride, phase } = phaseAt(row * GAIT.dt, side);
        p.qpos[hips[side]!] = hipAt(2 * stride, phase);
      }
      p.forward();
      recorder.step(0);
    }
    const recording = recorder.finish();
    for (let row = 0; row < rows; row++) {
      const forces = sides.flatMap((side) => [...worldForce(phaseAt(row * GAIT.dt, side).phase, side)]);
      recording.columns.foot_force.set(forces, 6 * row);
    }
    // Contact begins at the same force as in the other tests.
    const report = analyseGait(recording, { threshold: ON });
    expect(recording.meta.feet).toEqual(["talus_r", "talus_l"]);
    expect(report.speed_m_per_s).toBeCloseTo(GAIT.speed, 3);
    expect(report.sides.right?.stride_length_m.mean).toBeCloseTo(GAIT.speed * GAIT.strideTime, 2);
    const angle = (phase: number): number => (180 / Math.PI) * hipAt(0, phase);
    expect(distance(signal(report, "hip_flexion_r").mean, angle)).toBeLessThan(0.2);
    expect(distance(signal(report, "hip_flexion_l").mean, angle)).toBeLessThan(0.2);
    expect(signal(report, "soleus_r").kind).toBe("activation");
  });
});

describe("myoserve analyse gait", () => {
  beforeAll(() => {
    writeRecording(file("known.npz"), syntheticGait());
    writeFileSync(file("norm.csv"), "percent,hip_flexion [rad]\n0,0.3\n50,0.5\n100,0.3\n");
  });

  it("prints the walk and writes result, table and a chart a signal", () => {
    const out = file("out");
    const { status, stdout } = myoserve(
      "analyse",
      "gait",
      file("known.npz"),
      "--reference",
      file("norm.csv"),
      "--out",
      out,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/synthetic-v0: 1\.250 m\/s, 108\.\d steps\/min/);
    expect(stdout).toMatch(/hip_flexion_l +hip_flexion +-?0\.\d{3} +\d+\.\d+ deg/);
    const files = readdirSync(out);
    expect(files.filter((name) => name.endsWith(".svg"))).toHaveLength(9);
    const report = JSON.parse(readFileSync(join(out, "gait.json"), "utf8")) as GaitReport;
    expect(report.signals).toHaveLength(9);
    const table = parseReference("gait.csv", readFileSync(join(out, "gait.csv"), "utf8"));
    expect(table.map(({ name }) => name)).toEqual(report.signals.map(({ name }) => name));
    const chart = readFileSync(join(out, "hip_flexion_r.svg"), "utf8");
    expect(chart).toMatch(/class="reference" points="64\.00,/);
    // 101 points over 400 px; the band goes there and back.
    expect(/class="mean" points="([^"]*)"/.exec(chart)?.[1]?.split(" ")).toHaveLength(101);
    expect(/class="band" points="([^"]*)"/.exec(chart)?.[1]?.split(" ")).toHaveLength(202);
    expect(chart).not.toContain("NaN");
  });

  it("prints JSON", () => {
    const { status, stdout } = myoserve("analyse", "gait", file("known.npz"), "--json");
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as GaitReport;
    expect(report.speed_m_per_s).toBeCloseTo(GAIT.speed, 6);
    expect(report.signals.every(({ mean, std }) => mean.length === 101 && std.length === 101)).toBe(true);
  });

  it("tells what to do with a recording that has no feet", () => {
    const recorded = myoserve(
      "record",
      "arm26-reach-v0",
      "--engine",
      "wasm",
      "--steps",
      "5",
      "--out",
      file("arm.npz"),
      "--json",
    );
    expect(recorded.status).toBe(0);
    expect(JSON.parse(recorded.stdout)).toMatchObject({ env: "arm26-reach-v0", rows: 6, feet: null });
    const { status, stderr } = myoserve("analyse", "gait", file("arm.npz"));
    expect(status).toBe(1);
    expect(stderr).toContain("knows no feet");
  });

  it("refuses feet that are not there and agents that do not exist", () => {
    const record = (...args: string[]) =>
      myoserve("record", "arm26-reach-v0", "--engine", "wasm", "--out", file("x.npz"), ...args);
    expect(record("--feet", "a,b").stderr).toContain('no body "a"');
    expect(record("--feet", "a").stderr).toContain("e.g. talus_r,talus_l");
    expect(record("--agent", "dep:nothing").stderr).toContain('no preset "nothing"');
  });

  it.skipIf(packObstacle() !== null)("records a fall of the leg model under DEP, and says that it is no walk", () => {
    const out = file("leg.npz");
    const recorded = myoserve(
      "record",
      "myoLegWalk-v0",
      "--engine",
      "wasm",
      "--agent",
      "dep:myosuite",
      "--out",
      out,
      "--json",
    );
    expect(recorded.status).toBe(0);
    const { meta, columns, rows } = readRecording(out);
    expect(meta.agent).toMatchObject({ id: "dep", preset: "myosuite" });
    expect(meta.ctrl_names).toHaveLength(80);
    // The feet carry some of the weight before the body has fallen, never hang from the ground.
    const vertical = Array.from(
      { length: rows },
      (_, row) => columns.foot_force[6 * row + 2]! + columns.foot_force[6 * row + 5]!,
    );
    expect(Math.max(...vertical)).toBeGreaterThan(0.2 * 9.81 * meta.mass);
    expect(Math.min(...vertical)).toBeGreaterThan(-1e-6);
    const { status, stderr } = myoserve("analyse", "gait", out);
    expect(status).toBe(1);
    expect(stderr).toMatch(/record a longer walk/);
  });
});
