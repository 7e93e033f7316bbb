import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../protocol/codec.ts";
import { FrameTemplate } from "../../protocol/frame-template.ts";
import { toNdArray } from "../../protocol/ndarray.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe("FrameTemplate", () => {
  it("gives the message that a plain encoder would, with the arrays as they are now", () => {
    const obs = new Float32Array(3);
    const terms = new Float64Array(2);
    const reply = {
      t: "env.step.ok",
      s: "s-1",
      obs: toNdArray("<f4", [1, 3], obs),
      list: [toNdArray("<f8", [1, 2], terms), toNdArray("|b1", [0], new Uint8Array(0))],
    };
    const template = new FrameTemplate(reply);
    fc.assert(
      fc.property(u32, u32, fc.float({ noNaN: true }), fc.double({ noNaN: true }), (id, k, first, second) => {
        obs.set([first, -first, 1]);
        terms.set([second, 2]);
        expect(decode(template.encode(id, k))).toEqual({ ...reply, id, k });
      }),
    );
  });

  it("keeps frames apart", () => {
    const data = new Uint8Array([7]);
    const template = new FrameTemplate({ t: "x", data });
    const first = template.encode(1, 1);
    data[0] = 8;
    template.encode(2, 2);
    expect(decode(first)).toEqual({ t: "x", id: 1, k: 1, data: new Uint8Array([7]) });
  });
});
