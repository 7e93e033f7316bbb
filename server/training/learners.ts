import type { AgentDefinition, LearnerDefinition } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import { AGENTS, findAgent } from "../../agents/registry.ts";

interface LearnersModule {
  readonly learners: readonly LearnerDefinition[];
}

const learns = (definition: AgentDefinition): definition is LearnerDefinition => definition.learns === true;

/** Algorithms that learn: the registry's, and those of a module that a caller (a test) names by URL. */
export class Learners {
  readonly #extra: readonly LearnerDefinition[];

  private constructor(extra: readonly LearnerDefinition[]) {
    this.#extra = extra;
  }

  /** @param url of a module that exports `learners`; null: none beside the registry's */
  static async load(url: string | null): Promise<Learners> {
    if (url === null) return new Learners([]);
    const { learners } = (await import(url)) as LearnersModule;
    return new Learners(learners);
  }

  get ids(): string[] {
    return [...AGENTS.filter(learns), ...this.#extra].map(({ id }) => id);
  }

  /** @throws MyoError AGENT_UNKNOWN, or BAD_OPTIONS for one that learns nothing. */
  find(id: string): LearnerDefinition {
    const definition = this.#extra.find((extra) => extra.id === id) ?? findAgent(id);
    if (learns(definition)) return definition;
    throw new MyoError("BAD_OPTIONS", `A run trains what learns (${this.ids.join(", ")}), but ${id} does not.`);
  }
}
