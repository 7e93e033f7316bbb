import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fingerprintOf, readCheckpoint, writeCheckpoint, type AgentState } from "../../agents/core/checkpoint.ts";
import { createRng } from "../../protocol/random/generator.ts";

const IDENTITY = { algo: "test", numEnvs: 2, fingerprint: "f" };

function stateOf(fill: number): AgentState {
  const arrays = {
    odd: new Uint8Array(3).fill(fill),
    wide: new Float64Array(2).fill(fill),
    narrow: new Float32Array(1),
  };
  return { arrays, streams: [createRng(fill)] };
}

describe("checkpoint", () => {
  it("restores arrays of mixed widths and streams into the live ones", () => {
    const saved = stateOf(7);
    saved.streams[0]!.standardNormal();
    const bytes = writeCheckpoint(IDENTITY, saved);
    const live = stateOf(1);
    readCheckpoint(bytes, IDENTITY, live);
    expect(live.arrays).toEqual(saved.arrays);
    expect(live.streams[0]!.random()).toBe(saved.streams[0]!.random());
  });

  it("a damaged byte anywhere is refused", () => {
    const bytes = writeCheckpoint(IDENTITY, stateOf(7));
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 0x11;
      expect(() => readCheckpoint(damaged, IDENTITY, stateOf(1))).toThrow(/^This checkpoint cannot be loaded/);
    }
  });

  it("a forged header with a fitting digest is refused or restored whole, never half", () => {
    const bytes = writeCheckpoint(IDENTITY, stateOf(7));
    const headerEnd = 12 + new DataView(bytes.buffer).getUint32(8, true);
    for (let i = 0; i < headerEnd; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 0x11;
      damaged.set(createHash("sha256").update(damaged.subarray(0, -32)).digest(), damaged.length - 32);
      const live = stateOf(1);
      const before = writeCheckpoint(IDENTITY, live);
      try {
        readCheckpoint(damaged, IDENTITY, live);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_OPTIONS" });
        expect(writeCheckpoint(IDENTITY, live)).toEqual(before);
      }
    }
  });

  it("a fingerprint does not depend on the order of keys", () => {
    expect(fingerprintOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(fingerprintOf({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(fingerprintOf({ a: [1, 2] })).not.toBe(fingerprintOf({ a: [2, 1] }));
  });
});
