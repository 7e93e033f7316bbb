import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentedTerms } from "../../envs/docs/page.ts";
import { isStale, orphanedPages, pages } from "../../envs/docs/pages.ts";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { createEnv, listEnvs, validateKwargs } from "../../envs/registry.ts";
import { missing } from "../contract/describe-env.ts";

const FAMILIES = [...new Set(listEnvs().map(({ family }) => family))];

describe.each(FAMILIES)("the family %s", (family) => {
  const members = listEnvs().filter((definition) => definition.family === family);

  it("states reward formula, start and end", () => {
    for (const { id, docs } of members) {
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

const obstacle = listEnvs()
  .map(missing)
  .find((reason) => reason !== null);

describe.skipIf(obstacle !== undefined)(`pages${obstacle === undefined ? "" : `: ${obstacle}`}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
  });

  it.each(listEnvs().filter(({ docs }) => docs?.variant === undefined))(
    "$id has a formula for every term",
    (definition) => {
      using env = createEnv(definition, validateKwargs(definition, {}), engine);
      const terms = definition.docs?.terms ?? {};
      const { layout } = definition.task(env.physicsBorrow.model, validateKwargs(definition, {}));
      for (const name of documentedTerms(env.spec)) expect(terms[name], `docs.terms.${name}`).toMatch(/\S/);
      for (const name of Object.keys(terms)) expect(layout.terms, "docs.terms names terms of the task").toContain(name);
      for (const name of Object.keys(definition.docs?.groups ?? {})) {
        // Shared texts may speak of groups that a family lacks; its own may not.
        if (name !== "qvel") expect(env.spec.obs_available, "docs.groups names groups of the task").toContain(name);
      }
    },
  );

  it("are committed as they are generated", () => {
    const texts = pages(engine);
    const stale = [...texts].filter(isStale).map(([path]) => path);
    expect([...stale, ...orphanedPages(texts)], "run npm run generate and commit envs/pages").toEqual([]);
  });
});
