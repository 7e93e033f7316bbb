import type { Agent, AgentContext, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import type { Rng } from "../../protocol/random/generator.ts";
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
import { SpectralSynthesis } from "./synthesis.ts";

/** Axes: N rows, P pairs of actuators, L steps of a chunk. */
class ColoredNoisePolicy implements Policy {
  readonly state: AgentState;
  readonly #range: ActionRange;
  readonly #std: number;
  readonly #synthesis: SpectralSynthesis;
  readonly #streams: readonly Rng[];
  readonly #pairs: number;
  /** [N, P, 2, L] */
  readonly #signals: Float32Array;
  /** Steps since the row's reset, [N]. */
  readonly #time: Float64Array;

  constructor(context: AgentContext, config: ColoredNoiseConfig) {
    const { spec, numEnvs, seed } = context;
    this.#range = actionRange(spec.act_space, "colored-noise");
    this.#std = config.std;
    // White noise has no past, so that a chunk of one step is as good and costs no memory.
    this.#synthesis = new SpectralSynthesis(config.beta, config.beta === 0 ? 1 : config.chunk_steps);
    this.#streams = rowStreams(seed, numEnvs, "agent.colored-noise");
    this.#pairs = Math.ceil(this.#range.size / 2);
    this.#signals = new Float32Array(numEnvs * this.#pairs * 2 * this.#synthesis.length);
    this.#time = new Float64Array(numEnvs);
    this.state = { arrays: { signals: this.#signals, time: this.#time }, streams: this.#streams };
    for (let row = 0; row < numEnvs; row++) this.resetRow(row);
  }

  /** New signals from the row's own stream. */
  resetRow(row: number): void {
    this.#time[row] = 0;
    for (let pair = 0; pair < this.#pairs; pair++) this.#draw(row, pair);
  }

  act(_obs: Buffers, action: Buffers): void {
    const out = action[0] as Float32Array | Float64Array;
    for (let row = 0; row < this.#time.length; row++) this.#actRow(row, out);
  }

  #draw(row: number, pair: number): void {
    const { length } = this.#synthesis;
    const first = (row * this.#pairs + pair) * 2 * length;
    const stream = this.#streams[row];
    if (stream !== undefined) this.#synthesis.drawPair(stream, this.#signals, first, first + length);
  }

  #actRow(row: number, out: Float32Array | Float64Array): void {
    const { length } = this.#synthesis;
    const time = this.#time[row] ?? 0;
    this.#time[row] = time + 1;
    for (let pair = 0; pair < this.#pairs; pair++) {
      // Pairs start at staggered phases, so that no single step pays for all their transforms.
      const phase = (time + Math.floor((pair * length) / this.#pairs)) % length;
      if (phase === 0 && time > 0) this.#draw(row, pair);
      const at = (row * this.#pairs + pair) * 2 * length + phase;
      this.#write(row, 2 * pair, this.#signals[at] ?? 0, out);
      if (2 * pair + 1 < this.#range.size) this.#write(row, 2 * pair + 1, this.#signals[at + length] ?? 0, out);
    }
  }

  #write(row: number, actuator: number, noise: number, out: Float32Array | Float64Array): void {
    const { size, middle, half, low, high } = this.#range;
    const value = (middle[actuator] ?? 0) + (half[actuator] ?? 0) * this.#std * noise;
    out[row * size + actuator] = Math.min(Math.max(value, low[actuator] ?? 0), high[actuator] ?? 0);
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
