import type { Command } from "commander";
import { AGENTS } from "../../agents/registry.ts";
import { printJson, printTable } from "./json.ts";

function list({ json }: { readonly json: boolean }): void {
  if (json) {
    const agents = AGENTS.map(({ id, title, defaults, presets, configSchema }) => ({
      id,
      title,
      defaults,
      presets,
      config_schema: configSchema,
    }));
    printJson({ agents });
    return;
  }
  const rows = AGENTS.map(({ id, presets, title }) => [id, Object.keys(presets).join(", "), title]);
  printTable([["id", "presets", "title"], ...rows]);
}

export function addAgentsCommand(root: Command): void {
  root.command("agents").description("list the agents").option("--json", "print JSON", false).action(list);
}
