import type { JsonObject } from "../../../protocol/env.ts";
import type { PackManifest } from "../manifest.ts";

/** A task file to start from, on the model of an exported pack: it observes and rewards what every model has. */
export function starterTask(pack: PackManifest): JsonObject {
  const [exported] = Object.entries(pack.gymnasium ?? {});
  const [name = ""] = Object.keys(pack.models);
  const facts = exported?.[1];
  return {
    id: `my-${pack.name.replace(/-v\d+$/, "").replaceAll(".", "-")}-v0`,
    title: `Model of ${exported?.[0] ?? pack.name}`,
    licence: pack.sources[0]?.licence ?? "not stated",
    model: { pack: pack.name, name },
    frame_skip: facts?.frame_skip ?? 1,
    max_episode_steps: facts?.max_episode_steps ?? null,
    observation: [{ group: "qpos" }, { group: "qvel" }],
    reward: [{ term: "alive", weight: 1 }],
  };
}
