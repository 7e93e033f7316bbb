import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheDir, stateDir } from "../../envs/packs/places.ts";

describe("places", () => {
  it("takes the folders that the environment names", () => {
    expect(cacheDir({ MYOSERVE_CACHE: "/a" })).toBe("/a");
    expect(stateDir({ MYOSERVE_HOME: "/b" })).toBe("/b");
  });

  it.runIf(process.platform === "linux")("falls back to the user's folders", () => {
    expect(cacheDir({ HOME: "/home/u" })).toBe(join("/home/u", ".cache", "myoserve"));
    expect(stateDir({ HOME: "/home/u" })).toBe(join("/home/u", ".local", "share", "myoserve"));
    expect(cacheDir({ HOME: "/home/u", XDG_CACHE_HOME: "/x" })).toBe(join("/x", "myoserve"));
    expect(stateDir({ HOME: "/home/u", XDG_DATA_HOME: "/y" })).toBe(join("/y", "myoserve"));
  });

  it("never mixes cache and state", () => {
    expect(cacheDir({ HOME: "/home/u" })).not.toBe(stateDir({ HOME: "/home/u" }));
  });
});
