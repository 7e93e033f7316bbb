import { describe, expect, it } from "vitest";
import { PolicyView } from "../../agents/core/policy-view.ts";
import { contextOf, floatBox } from "../contract/agent-fixtures.ts";

const { spec } = contextOf(1, 0);
/** qpos [5] at 0, then muscle [4, 6], then act [6]. */
const WIDTH = 35;
const OBS = Float32Array.from({ length: 2 * WIDTH }, (_, i) => i);

describe("PolicyView", () => {
  it("is the whole observation where nothing is hidden, or nothing else is there", () => {
    for (const view of [new PolicyView(spec, null, []), new PolicyView(spec, ["muscle", "act", "qpos"], [])]) {
      expect(view.columns).toBeNull();
      expect(view.size).toBe(WIDTH);
      const out = new Float32Array(2 * WIDTH);
      view.pick(OBS, out);
      expect(out).toEqual(OBS);
    }
    const muscleOnly = {
      ...spec,
      obs_space: floatBox(
        Array.from({ length: 24 }, () => -1),
        Array.from({ length: 24 }, () => 1),
      ),
      obs_keys: { muscle: { shape: [4, 6], offset: 0, unit: "", names: [] } },
    };
    expect(new PolicyView(muscleOnly, null, ["muscle"]).size).toBe(24);
    expect(new PolicyView({ ...spec, obs_keys: {} }, null, ["muscle"]).size).toBe(WIDTH);
  });

  it("leaves out what only the exploration needs", () => {
    const view = new PolicyView(spec, null, ["muscle"]);
    const out = new Float32Array(22);
    view.pick(OBS, out);
    const picked = [0, 1, 2, 3, 4, 29, 30, 31, 32, 33, 34];
    expect([...out]).toEqual([...picked, ...picked.map((i) => i + WIDTH)]);
    expect([...view.placesOf("act")!]).toEqual([5, 6, 7, 8, 9, 10]);
    expect(view.placesOf("muscle")).toBeNull();
    expect([...view.placesOf("qpos")!]).toEqual([0, 1, 2, 3, 4]);
  });

  it("picks groups by name, in the order of the observation", () => {
    const view = new PolicyView(spec, ["muscle"], ["muscle"]);
    const out = new Float32Array(2 * 24);
    view.pick(OBS, out);
    expect([out[0], out[23], out[24]]).toEqual([5, 28, 40]);
    expect(view.placesOf("muscle")![0]).toBe(0);
    expect(() => new PolicyView(spec, ["muscl"], [])).toThrow(/did you mean "muscle"/);
  });
});
