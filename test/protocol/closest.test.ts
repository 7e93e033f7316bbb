import { describe, expect, it } from "vitest";
import { closest, didYouMean } from "../../protocol/closest.ts";

const IDS = ["myoLegWalk-v0", "myoLegStandRandom-v0", "myoElbowPose1D6MRandom-v0", "arm26-reach-v0"];

describe("closest", () => {
  it.each([
    ["myoLegWalk-v0", "myoLegWalk-v0"],
    ["myolegwalk-v0", "myoLegWalk-v0"],
    ["myoLegWlak-v0", "myoLegWalk-v0"],
    ["myoLegWalk-v1", "myoLegWalk-v0"],
    ["arm26-rech-v0", "arm26-reach-v0"],
    ["CartPole-v1", null],
    ["", null],
    ["x".repeat(100_000), null],
  ])("%.20s gives %s", (name, expected) => {
    expect(closest(name, IDS)).toBe(expected);
  });

  it("prefers the nearest", () => {
    expect(closest("env.restt", ["env.restore", "env.render", "env.reset"])).toBe("env.reset");
  });

  it("counts a swap of neighbours once", () => {
    expect(closest("ab", ["ba", "cd"])).toBe("ba");
  });
});

describe("didYouMean", () => {
  it("ends a sentence or says nothing", () => {
    expect(didYouMean("arm26-reach", IDS)).toBe('; did you mean "arm26-reach-v0"?');
    expect(didYouMean("zzz", IDS)).toBe("");
  });
});
