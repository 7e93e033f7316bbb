import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import type { Engine } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { projectFile } from "../../envs/project-file.ts";
import { describeEnv } from "../contract/describe-env.ts";
import { PENDULUM } from "./pendulum-task.ts";

let engine: Promise<Engine> | null = null;
const openEngine = () => (engine ??= createWasmEngine());
afterAll(async () => {
  (await engine)?.[Symbol.dispose]();
});

const text = (path: string): string => readFileSync(projectFile(path), "utf8");

/** The code blocks of envs/README.md in a language. */
function blocks(language: string): string[] {
  return [...text("envs/README.md").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, code = ""]) => code,
  );
}

it("envs/README.md shows a task in TypeScript of fewer than 100 lines, which is this one", () => {
  const shown = text("test/envs/pendulum-task.ts").replaceAll('"../../envs/', '"../');
  expect(blocks("ts")).toContain(shown);
  expect(shown.split("\n").length).toBeLessThan(100);
});

it("envs/README.md shows a declarative task, which is the example's file", () => {
  expect(blocks("json")).toContain(text("envs/declarative/examples/arm-reach.json"));
});

describeEnv(PENDULUM, openEngine);
