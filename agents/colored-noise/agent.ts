import type { Agent, AgentContext, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import type { AgentState } from "../core/checkpoint.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { ReactiveAgent, type Policy } from "../core/reactive-agent.ts";
import { actionRange, type ActionRange } from "../core/spaces.ts";
import { rowStreams } from "../core/streams.ts";
import {
  COLORED_NOISE_DEFAULTS,
  COLORED_NOISE_PRESETS,
  ColoredNoiseConfigSchema,
  type ColoredNoiseConfig,
} from "./config.ts";
import { ColoredSignals } from "./signals.ts";

/** Axes: N rows, A actuators. */
class ColoredNoisePolicy implements Policy {
  readonly state: AgentState;
  readonly #range: ActionRange;
  readonly #std: number;
  readonly #rows: number;
  readonly #signals: ColoredSignals;
  /** [A] */
  readonly #noise: Float32Array;

  constructor(context: AgentContext, config: ColoredNoiseConfig) {
    const { spec, numEnvs, seed } = context;
    this.#range = actionRange(spec.act_space, "colored-noise");
    this.#std = config.std;
    this.#rows = numEnvs;
    this.#noise = new Float32Array(this.#range.size);
    this.#signals = new ColoredSignals(rowStreams(seed, numEnvs, "agent.colored-noise"), this.#range.size, {
      beta: config.beta,
      chunkSteps: config.chunk_steps,
      staggered: true,
    });
    this.state = this.#signals.state;
  }

  resetRow(row: number): void {
    this.#signals.resetRow(row);
  }

  act(_obs: Buffers, action: Buffers): void {
    const out = action[0] as Float32Array | Float64Array;
    const { size, middle, half, low, high } = this.#range;
    for (let row = 0; row < this.#rows; row++) {
      this.#signals.next(row, this.#noise);
      for (let i = 0; i < size; i++) {
        const value = (middle[i] ?? 0) + (half[i] ?? 0) * this.#std * (this.#noise[i] ?? 0);
        out[row * size + i] = Math.min(Math.max(value, low[i] ?? 0), high[i] ?? 0);
      }
    }
  }
}

function create(context: AgentContext, config: JsonObject): Agent {
  const typed = typedConfig(ColoredNoiseConfigSchema, config, "colored-noise");
  return new ReactiveAgent("colored-noise", context, config, new ColoredNoisePolicy(context, typed));
}

/** Temporally correlated Gaussian noise, one independent signal an actuator. */
export const COLORED_NOISE_AGENT: ActorDefinition = {
  id: "colored-noise",
  title: "Gaussian noise with a 1/f^beta spectrum: white, pink, red",
  configSchema: plainSchema(ColoredNoiseConfigSchema),
  defaults: { ...COLORED_NOISE_DEFAULTS },
  presets: COLORED_NOISE_PRESETS,
  needsGroups: () => [],
  create,
};
