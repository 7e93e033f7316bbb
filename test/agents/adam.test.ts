import { describe, expect, it } from "vitest";
import { Adam, clipNorm, softUpdate } from "../../agents/core/tensor/adam.ts";

/** torch 2 on f32: Adam(lr=0.01, betas=(0.9, 0.999), eps=1e-8). */
const GRADS = [
  [0.1, -2, 1e-9, 0],
  [-0.3, 1.5, 3, 0],
  [0.2, 0.25, -1, 1e-4],
];
const TORCH_PARAMS = [
  [0.49000000953674316, -1.2400000095367432, 1.9990909099578857, 0],
  [0.49494192004203796, -1.2391067743301392, 1.9916495084762573, 0],
  [0.49475404620170593, -1.239055871963501, 1.9882137775421143, -0.006387029774487019],
];
const TORCH_M = [0.0011000006925314665, -0.0019999949727207422, 0.17000001668930054, 9.999999747378752e-6];
const TORCH_V = [0.00013989002036396414, 0.006302254274487495, 0.009991000406444073, 9.999999960041972e-12];

function expectClose(found: Iterable<number>, wanted: readonly number[], tolerance: number): void {
  [...found].forEach((value, i) =>
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(tolerance * Math.abs(wanted[i]!)),
  );
}

describe("Adam", () => {
  const start = [0.5, -1.25, 2, 0];

  it("steps as torch does", () => {
    const params = Float32Array.from(start);
    const adam = new Adam(params, { rate: 0.01 });
    GRADS.forEach((grads, step) => {
      adam.step(Float32Array.from(grads));
      expectClose(params, TORCH_PARAMS[step]!, 2e-7);
    });
    // m of the second parameter is what is left of terms ten times as large.
    expectClose(Array.from(adam.state.m, Number), TORCH_M, 5e-6);
    expectClose(Array.from(adam.state.v, Number), TORCH_V, 5e-7);
    expect(adam.state.steps[0]).toBe(3);
  });

  it("goes on from its state", () => {
    const once = Float32Array.from(start);
    const adam = new Adam(once, { rate: 0.01 });
    for (const grads of GRADS.slice(0, 2)) adam.step(Float32Array.from(grads));
    const again = once.slice();
    const other = new Adam(again, { rate: 0.01 });
    for (const key of ["m", "v", "steps"] as const) {
      other.state[key].set(adam.state[key]);
    }
    adam.step(Float32Array.from(GRADS[2]!));
    other.step(Float32Array.from(GRADS[2]!));
    expect(again).toEqual(once);
  });
});

describe("softUpdate", () => {
  it("moves the target by a share of the way", () => {
    const target = Float32Array.of(1, -2, 0);
    softUpdate(target, Float32Array.of(3, -2, 8), 0.25);
    expect([...target]).toEqual([1.5, -2, 2]);
  });
});

describe("clipNorm", () => {
  it("scales to the bound as torch.nn.utils.clip_grad_norm_ does", () => {
    const grads = Float32Array.of(3, -4, 12);
    clipNorm(grads, 6.5);
    expectClose(grads, [1.4999998807907104, -1.9999998807907104, 5.999999523162842], 1e-7);
  });

  it("leaves a gradient within the bound, and every one where the bound is 0", () => {
    const grads = Float32Array.of(3, -4, 12);
    clipNorm(grads, 13.1);
    clipNorm(grads, 0);
    expect([...grads]).toEqual([3, -4, 12]);
  });
});
