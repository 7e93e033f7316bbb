import type { Static } from "@sinclair/typebox";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CLOSE_CODES, ERROR_CODES } from "../../protocol/errors.ts";
import { EVENTS } from "../../protocol/schema/agent-messages.ts";
import type { EnvSpec } from "../../protocol/env.ts";
import type { EnvSpecMap } from "../../protocol/schema/env-spec.ts";
import { OPERATIONS, SUBPROTOCOLS } from "../../protocol/schema/operations.ts";
import { staleFiles } from "../../protocol/tooling/generate.ts";
import { specMarkdown } from "../../protocol/tooling/spec-markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const spec = readFileSync(new URL("../../protocol/SPEC.md", import.meta.url), "utf8");
const section = (title: string): string => spec.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
const headings = (text: string): string[] => [...text.matchAll(/^### `(.+)`$/gm)].map((match) => match[1] ?? "");

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

describe("EnvSpec", () => {
  it("is one thing as a schema and as an interface", () => {
    // The compiler refuses this line where the two drift apart.
    const same: Same<Static<typeof EnvSpecMap>, EnvSpec> = true;
    expect(same).toBe(true);
  });
});

describe("generated files", () => {
  it("are what the schema gives (else: npx tsc -b && node dist/protocol/tooling/generate.js)", () => {
    expect(staleFiles(root)).toEqual([]);
  });
});

describe("SPEC.md", () => {
  it("lists every operation and nothing else", () => {
    expect(headings(section("Operations"))).toEqual(Object.keys(OPERATIONS));
  });

  it("lists every event and nothing else", () => {
    expect(headings(section("Events"))).toEqual(Object.keys(EVENTS));
  });

  it("lists every error code and close code and nothing else", () => {
    const errors = section("Errors");
    const codes = [...errors.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(codes).toEqual(Object.keys(ERROR_CODES));
    const closes = [...errors.matchAll(/^\| (\d{4}) \| `([A-Z_]+)` \|$/gm)].map((match) => [
      match[2],
      Number(match[1]),
    ]);
    expect(Object.fromEntries(closes)).toEqual(CLOSE_CODES);
  });

  it("names no operation, event or code that does not exist", () => {
    // The first cell of a row of keys may read like an operation: the key `id` of the map `env`.
    const text = spec.replaceAll(/^\| `[^`]+` \|/gm, "|");
    const names = [...text.matchAll(/`((?:env|agent|blob|ev)\.[a-z_]+)(?:\.ok)?`/g)].map((match) => match[1]);
    const known = new Set([...Object.keys(OPERATIONS), ...Object.keys(EVENTS)]);
    expect(names.filter((name) => !known.has(name ?? ""))).toEqual([]);
    const capitals = [...spec.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map((match) => match[1]);
    const codes = new Set([...Object.keys(ERROR_CODES), ...Object.keys(CLOSE_CODES)]);
    expect(capitals.filter((code) => !codes.has(code ?? ""))).toEqual([]);
  });

  it("names both subprotocols", () => {
    for (const name of Object.values(SUBPROTOCOLS)) expect(section("Connection")).toContain(`| \`${name}\` |`);
  });

  it("cannot be made from a template that forgets a part or names an unknown one", () => {
    expect(() => specMarkdown("# Nothing")).toThrow(/does not use/);
    expect(() => specMarkdown("{{nothing}}")).toThrow(/no part provides/);
  });
});
