import { afterAll, describe, expect, it } from "vitest";
import { documentedTerms } from "../../envs/docs/page.ts";
import { isStale, orphanedPages, pages } from "../../envs/docs/pages.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, listEnvs, validateKwargs } from "../../envs/registry.ts";
import { missing } from "../contract/describe-env.ts";
import { useOstrichPack } from "../packs/ostrich-pack.ts";

const ostrich = await useOstrichPack();
const FAMILIES = [...new Set(listEnvs().map(({ family }) => family))];

describe.each(FAMILIES)("the family %s", (family) => {
  it("states reward formula, start and end", () => {
    for (const { id, docs } of listEnvs().filter((definition) => definition.family === family)) {
      expect(
        docs,
        `${id}: the family ${family} states no docs; add the field docs (envs/docs/task-docs.ts) to its recipe or definition`,
      ).toBeDefined();
      for (const key of ["goal", "action", "start", "end", "model", "licence"] as const) {
        expect(docs?.[key], `docs.${key} of ${id}`).toMatch(/\S/);
      }
      expect(Object.values(docs?.terms ?? {}).length, `docs.terms of ${id}`).toBeGreaterThan(0);
    }
  });
});

// One a model pack: a wasm module never gives memory back.
const engines = new Map<string | null, Engine>();
const openEngine = async (pack: string | null): Promise<Engine> => {
  const engine = engines.get(pack) ?? (await createWasmEngine());
  engines.set(pack, engine);
  return engine;
};
afterAll(() => {
  for (const engine of engines.values()) engine[Symbol.dispose]();
  ostrich[Symbol.dispose]();
});

const bases = listEnvs().filter(({ docs }) => docs?.variant === undefined);
for (const definition of bases) {
  const obstacle = missing(definition);
  const title = `${definition.id} has a formula for every term${obstacle === null ? "" : `: ${obstacle}`}`;
  it.skipIf(obstacle !== null)(title, async () => {
    const kwargs = validateKwargs(definition, {});
    using env = createEnv(definition, kwargs, await openEngine(definition.pack));
    const { terms = {}, groups = {} } = definition.docs ?? {};
    const { layout } = definition.task(env.physicsBorrow.model, kwargs);
    for (const name of documentedTerms(env.spec)) expect(terms[name], `docs.terms.${name}`).toMatch(/\S/);
    for (const name of Object.keys(terms)) expect(layout.terms, "docs.terms names terms of the task").toContain(name);
    for (const name of Object.keys(groups)) {
      // The text about qvel is that of all MyoSuite families; some have none.
      if (name !== "qvel") expect(env.spec.obs_available, "docs.groups names groups of the task").toContain(name);
    }
  });
}

it("pages are committed as they are generated", async () => {
  const { texts } = await pages();
  const stale = [...texts].filter(isStale).map(([path]) => path);
  expect([...stale, ...orphanedPages()], "run npm run generate and commit envs/pages").toEqual([]);
}, 300_000);
