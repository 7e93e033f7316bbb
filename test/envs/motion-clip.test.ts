import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Model } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { loadClipColumns, loadMotionClip } from "../../envs/myosuite/clip/motion-clip.ts";
import { Npz } from "../../envs/numpy/npz.ts";
import { StartFrames } from "../../envs/myosuite/clip/start-frames.ts";
import { COMPRESSED, STORED } from "../contract/npz-fixtures.ts";
import { writeNpz, type NpzArray } from "../../envs/numpy/npz-writer.ts";

const archive = (base64: string) => new Npz(Buffer.from(base64, "base64"));

describe("NumPy archives", () => {
  it.each([
    ["packed", COMPRESSED],
    ["stored", STORED],
  ])("reads what NumPy wrote, %s", (_, base64) => {
    const npz = archive(base64);
    // Fortran order in the file.
    expect(npz.array("qpos")).toEqual({ shape: [2, 3], values: Float64Array.of(1.5, -2, 3, 4, 5.25, -6) });
    expect(npz.array("joint_names")).toEqual({ shape: [3], values: ["hip_r", "knee", "π"] });
    expect(npz.has("qpos")).toBe(true);
    expect(npz.has("nothing")).toBe(false);
  });

  it("reads scalars and truth values", () => {
    expect(archive(COMPRESSED).array("count")).toEqual({ shape: [], values: Float64Array.of(3) });
    expect(archive(COMPRESSED).array("flags")).toEqual({ shape: [2], values: Float64Array.of(1, 0) });
  });

  it.each([
    ["odd", /its type is \|O/],
    ["big", /big-endian/],
    ["nothing", /missing/],
  ])("refuses the array %s", (name, sentence) => {
    expect(() => archive(COMPRESSED).array(name)).toThrow(sentence);
  });

  it("refuses what is no zip file, or half of one", () => {
    expect(() => new Npz(new Uint8Array(10))).toThrow("no zip file");
    const bytes = Buffer.from(COMPRESSED, "base64");
    expect(() => new Npz(bytes.subarray(0, bytes.length - 30))).toThrow("no zip file");
    expect(() => new Npz(bytes.subarray(200)).array("qpos")).toThrow();
  });
});

/** A free root, then two hinges. */
const BODY = `<mujoco><worldbody><body name="root"><freejoint name="root"/><geom size="0.1"/>
  <body><joint name="hip" axis="1 0 0"/><geom size="0.1"/>
  <body><joint name="knee" axis="1 0 0"/><geom size="0.1"/></body></body></body></worldbody>
  <keyframe><key qpos="0 0 1 1 0 0 0 0.25 0.75"/></keyframe></mujoco>`;
const ROOT = [0, 0, 1, 1, 0, 0, 0];

describe("motion clips", () => {
  let engine: Engine;
  let model: Model;
  let folder: string;
  beforeAll(async () => {
    engine = await createWasmEngine();
    model = engine.load({ key: "clip body", xml: BODY, files: [] });
    folder = mkdtempSync(join(tmpdir(), "myoserve-clip-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    model[Symbol.dispose]();
    engine[Symbol.dispose]();
  });

  const clip = (name: string, arrays: Record<string, NpzArray>): string => {
    const path = join(folder, `${name}.npz`);
    writeNpz(path, arrays);
    return path;
  };
  const rows = (shape: [number, number], values: number[]): NpzArray => ({ shape, values });
  const qvel = rows([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]);

  it("takes columns in the model's order", () => {
    const path = clip("plain", { qpos: rows([1, 9], [...ROOT, 0.5, 0.6]), qvel });
    const loaded = loadMotionClip(path, model);
    expect(loaded.frames).toBe(1);
    expect([...loaded.qpos]).toEqual([...ROOT, 0.5, 0.6]);
    expect([...loaded.qvel]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(loadClipColumns(path, 9, 8)).toEqual(loaded);
  });

  it.each([
    ["other widths", { qpos: rows([1, 8], [...ROOT, 0]), qvel }, /8 columns in "qpos", but the model has 9/],
    ["other frames", { qpos: rows([2, 9], Array<number>(18).fill(1)), qvel }, /more frames/],
    ["no velocities", { qpos: rows([1, 9], [...ROOT, 0, 0]) }, /needs an array "qvel".*missing/],
    ["a vector", { qpos: { shape: [9], values: [...ROOT, 0, 0] }, qvel }, /its shape is \[9\]/],
    ["NaN", { qpos: rows([1, 9], [...ROOT, 0, NaN]), qvel }, /NaN/],
    ["numbers as names", { qpos: rows([1, 9], [...ROOT, 0, 0]), qvel, joint_names: rows([1, 1], [1]) }, /names joints/],
  ])("refuses %s", (name, arrays, sentence) => {
    const path = clip(name.replaceAll(" ", "-"), arrays);
    const load = () => loadMotionClip(path, model);
    expect(load).toThrow(expect.objectContaining({ code: "BAD_OPTIONS" }));
    expect(load).toThrow(sentence);
  });

  // Columns: knee, root.
  const partial = { qpos: rows([1, 8], [0.5, ...ROOT]), qvel: rows([1, 7], [7, 1, 2, 3, 4, 5, 6]) };
  const rooted = (count: number): string[] => ["knee", ...Array<string>(count).fill("root")];

  it.each([
    ["a joint once", { joint_names: ["knee", "root"] }],
    ["each column", { qpos_names: rooted(7), qvel_joint_names: rooted(6) }],
  ])("puts columns where the model has them that name %s, the rest as in its keyframe", (_, names) => {
    const { qpos, qvel: velocities } = loadMotionClip(clip("named", { ...partial, ...names }), model);
    expect([...qpos]).toEqual([...ROOT, 0.25, 0.5]);
    expect([...velocities]).toEqual([1, 2, 3, 4, 5, 6, 0, 7]);
  });

  it.each([
    [["knee", "tail"], /names the joint "tail", which the model lacks/],
    [["knee"], /do not account for/],
    [["knee", "knee", "root"], /do not account for/],
    [["hip", ...rooted(6)], /do not account for/],
  ])("refuses the names %j", (names, sentence) => {
    const path = clip("badly-named", { ...partial, joint_names: names });
    expect(() => loadMotionClip(path, model)).toThrow(sentence);
  });

  it("refuses a file that is absent or no archive", () => {
    const text = join(folder, "text.npz");
    writeFileSync(text, "not an archive, however long its text may be");
    expect(() => loadMotionClip(join(folder, "absent.npz"), model)).toThrow(/cannot be read/);
    expect(() => loadMotionClip(text, model)).toThrow(/no NumPy archive/);
  });

  it("starts in the frame that moves nearest to the direction, the first of equals", () => {
    const directions = [0, 90, 90, 200];
    const still = rows(
      [4, 8],
      directions.flatMap(() => [0.1, 0, 0, 0, 0, 0, 0, 0]),
    );
    const moving = rows(
      [4, 8],
      directions.flatMap((angle) => [
        Math.cos((angle * Math.PI) / 180),
        Math.sin((angle * Math.PI) / 180),
        0,
        0,
        0,
        0,
        0,
        0,
      ]),
    );
    const qpos = rows(
      [4, 9],
      [0, 1, 2, 3].flatMap((frame) => [...ROOT, frame, 0]),
    );
    const starts = new StartFrames(
      [clip("still", { qpos, qvel: still }), clip("moving", { qpos, qvel: moving })],
      model,
    );
    const frameAt = (angle: number, shift: number): number => {
      const out = new Float64Array(9);
      starts.write((angle * Math.PI) / 180, shift, out, new Float64Array(8));
      return out[7]!;
    };
    expect([0, 100, 180, 250, 359].map((angle) => frameAt(angle, 0))).toEqual([0, 1, 3, 3, 0]);
    expect(frameAt(-100, 0)).toBe(3);
    expect([-1, 5].map((shift) => frameAt(0, shift))).toEqual([3, 1]);
  });
});
