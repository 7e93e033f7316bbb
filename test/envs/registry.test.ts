import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { MYOSUITE_CLIP_ENVS } from "../../envs/myosuite/index.ts";
import { createEnv, findEnv, listEnvs, validateKwargs } from "../../envs/registry.ts";
import { codeOf, describeEnv } from "../contract/describe-env.ts";
import { writeCircleClip } from "../contract/standing-clip.ts";
import { useOstrichPack } from "../packs/ostrich-pack.ts";

const clips = mkdtempSync(join(tmpdir(), "myoserve-clips-"));
const clip = join(clips, "walk.npz");
writeCircleClip(clip, 60, 0.7);

// A pack that no recipe fetches: made of the files beside the recordings where they are there.
const ostrich = await useOstrichPack();
// One a model pack: a wasm module never gives memory back, and OstrichRL's meshes take most of one.
const engines = new Map<string | null, Promise<Engine>>();
const openEngine = (pack: string | null): Promise<Engine> => {
  const engine = engines.get(pack) ?? createWasmEngine();
  engines.set(pack, engine);
  return engine;
};

afterAll(async () => {
  for (const engine of engines.values()) (await engine)[Symbol.dispose]();
  ostrich[Symbol.dispose]();
  rmSync(clips, { recursive: true });
});

describe("registry", () => {
  it("has unique ids with a version", () => {
    const ids = listEnvs().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]+-v\d+$/);
  });

  it("names the nearest id", () => {
    expect(codeOf(() => findEnv("arm26-reech-v0"))).toBe("ENV_UNKNOWN");
    expect(() => findEnv("arm26-reech-v0")).toThrow(/did you mean "arm26-reach-v0"/);
  });
});

describe("environments that need a motion clip", () => {
  it.each(MYOSUITE_CLIP_ENVS)("$id names the file and the kwarg", async (definition) => {
    const make = () => createEnv(definition, validateKwargs(definition, {}), loaded);
    const loaded = await openEngine(definition.pack);
    expect(codeOf(make)).toBe("BAD_OPTIONS");
    expect(make).toThrow(/hf download \S+ \S+\.npz .* kwarg clip="\S+\.npz"/);
  });
});

const neededBy = (id: string) => (MYOSUITE_CLIP_ENVS.some((definition) => definition.id === id) ? { clip } : {});
for (const definition of listEnvs()) {
  describeEnv(definition, () => openEngine(definition.pack), neededBy(definition.id));
}
