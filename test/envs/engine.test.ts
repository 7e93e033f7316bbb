import { describe, expect, it } from "vitest";
import { arm26Xml } from "../../envs/builtin/arm26-model.ts";
import { createEngine } from "../../envs/engine/engine.ts";
import { createNativeEngine, createNativeRaw } from "../../envs/engine/native.ts";
import type { Physics } from "../../envs/engine/physics.ts";
import { createWasmEngine, createWasmRaw } from "../../envs/engine/wasm.ts";
import { advanceRow, describeEngine, MIXED_MODEL, startRow } from "../contract/describe-engine.ts";
import { nativeLibrary, nativeObstacle } from "../contract/native-library.ts";

describeEngine({ name: "wasm", obstacle: null, open: createWasmRaw });
describeEngine({
  name: "native",
  obstacle: nativeObstacle(),
  open: () => Promise.resolve(createNativeRaw(nativeLibrary())),
});

const ROWS = 512;
const ROW_BYTES = 2 * 1024 * 1024;
const ARM84 = { key: "arm84", xml: arm26Xml(14), files: [] };

describe("memory of the wasm engine", () => {
  it("re-takes views after the memory has grown", async () => {
    using engine = await createWasmEngine();
    using model = engine.load(MIXED_MODEL);
    const p = startRow(model);
    const expected = advanceRow(startRow(model), 0, 3);
    advanceRow(p, 0, 1);
    const old = p.qpos;
    const rows: Physics[] = [];
    while (old.length > 0 && rows.length < 400) rows.push(model.createPhysics({ sensors: false }));
    expect(old).toHaveLength(0);
    expect(p.qpos.length).toBe(model.sizes.nq);
    expect(advanceRow(p, 1, 2)).toEqual(expected.slice(1));
    for (const row of [p, ...rows]) row[Symbol.dispose]();
  });

  it("holds 512 rows of 84 muscles at less than 2 MB each, and gives them back", async () => {
    using engine = await createWasmEngine();
    using model = engine.load(ARM84);
    const first = model.createPhysics({ sensors: false });
    const heapBytes = () => first.qpos.buffer.byteLength;
    const before = heapBytes();
    for (let round = 0; round < 2; round++) {
      const rows = Array.from({ length: ROWS }, () => model.createPhysics({ sensors: false }));
      rows.at(-1)?.step(1);
      expect((heapBytes() - before) / ROWS).toBeLessThan(ROW_BYTES);
      for (const row of rows) row[Symbol.dispose]();
    }
    first[Symbol.dispose]();
  });
});

const obstacle = nativeObstacle();
describe.skipIf(obstacle !== null)(
  `memory of the native engine${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    it("keeps the resident memory of 512 rows of 84 muscles under 2 MB each, and gives it back", () => {
      using engine = createNativeEngine(nativeLibrary());
      using model = engine.load(ARM84);
      const before = process.memoryUsage.rss();
      for (let round = 0; round < 4; round++) {
        const rows = Array.from({ length: ROWS }, () => model.createPhysics({ sensors: false }));
        for (const row of rows) row.step(1);
        expect((process.memoryUsage.rss() - before) / ROWS).toBeLessThan(ROW_BYTES);
        for (const row of rows) row[Symbol.dispose]();
      }
    });

    it("refuses closed rows and models instead of touching freed memory", () => {
      const raw = createNativeRaw(nativeLibrary());
      const engine = createEngine(raw);
      const model = engine.load(MIXED_MODEL);
      const closed = startRow(model);
      const left = startRow(model);
      closed[Symbol.dispose]();
      closed[Symbol.dispose]();
      for (const use of [() => closed.qpos, () => closed.time, () => closed.step(1), () => closed.forward()]) {
        expect(use).toThrow(/The row is closed/);
      }
      engine[Symbol.dispose]();
      expect(() => left.step(1)).toThrow(/The row is closed/);
      expect(() => model.createPhysics({ sensors: false })).toThrow(/The model is closed/);
      expect(() => model.floatsBorrow("body_mass")).toThrow(/The model is closed/);
    });

    it("refuses a state of another length", () => {
      using engine = createNativeEngine(nativeLibrary());
      using model = engine.load(MIXED_MODEL);
      using row = startRow(model);
      expect(() => row.setState(new Float64Array(3))).toThrow(/has \d+ numbers, but 3 came/);
      expect(() => row.getState(new Float64Array(3))).toThrow(/has \d+ numbers, but 3 came/);
    });
  },
);
