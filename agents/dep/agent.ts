import type { Agent, AgentContext, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import type { AgentState } from "../core/checkpoint.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { ReactiveAgent, type Policy } from "../core/reactive-agent.ts";
import { actionRange, type ActionRange } from "../core/spaces.ts";
import { DEP_DEFAULTS, DEP_PRESETS, DepConfigSchema, type DepConfig } from "./config.ts";
import { DepController } from "./controller.ts";
import { createSensors, type Sensors } from "./sensors.ts";

/** Axes: N rows, n motors, A actions. */
class DepPolicy implements Policy {
  readonly state: AgentState;
  readonly #range: ActionRange;
  readonly #sensors: Sensors;
  readonly #controller: DepController;
  readonly #resets: boolean;
  /** Zero, or what is nearest to it, for actions that no muscle answers to; [A]. */
  readonly #rest: Float64Array;
  readonly #x: Float64Array;
  readonly #y: Float64Array;

  constructor(context: AgentContext, config: DepConfig) {
    const { numEnvs } = context;
    this.#range = actionRange(context.spec.act_space, "dep");
    this.#sensors = createSensors(context, this.#range.size, config);
    const { size } = this.#sensors;
    this.#controller = new DepController(numEnvs, size, config);
    this.#resets = config.reset_on_episode;
    this.#rest = this.#range.low.map((low, i) => Math.min(Math.max(0, low), this.#range.high[i] ?? 0));
    this.#x = new Float64Array(numEnvs * size);
    this.#y = new Float64Array(numEnvs * size);
    this.state = { arrays: { ...this.#controller.arrays, ...this.#sensors.arrays }, streams: [] };
  }

  /** The extremes of lengths and forces belong to the body and stay. */
  resetRow(row: number): void {
    if (this.#resets) this.#controller.resetRow(row);
  }

  act(obs: Buffers, action: Buffers): void {
    const [readings] = obs;
    const out = action[0] as Float32Array | Float64Array;
    if (readings === undefined) return;
    this.#sensors.read(readings, this.#x);
    this.#controller.step(this.#x, this.#y);
    for (let row = 0; row < this.#controller.rows; row++) this.#writeRow(row, out);
  }

  #writeRow(row: number, out: Float32Array | Float64Array): void {
    const { size: actions, middle, half, low, high } = this.#range;
    const { size, motors } = this.#sensors;
    if (size < actions) out.set(this.#rest, row * actions);
    for (let i = 0; i < size; i++) {
      const action = motors[i] ?? 0;
      const value = (middle[action] ?? 0) + (half[action] ?? 0) * (this.#y[row * size + i] ?? 0);
      out[row * actions + action] = Math.min(Math.max(value, low[action] ?? 0), high[action] ?? 0);
    }
  }
}

function create(context: AgentContext, config: JsonObject): Agent {
  const typed = typedConfig(DepConfigSchema, config, "dep");
  // A frozen controller is one that learnt elsewhere: with_learning does not separate checkpoints.
  const identity = { ...config, with_learning: true };
  return new ReactiveAgent("dep", context, identity, new DepPolicy(context, typed));
}

/** Differential extrinsic plasticity. */
export const DEP_AGENT: ActorDefinition = {
  id: "dep",
  title: "Differential extrinsic plasticity: self-organised exploration of a muscle-driven body",
  configSchema: plainSchema(DepConfigSchema),
  defaults: { ...DEP_DEFAULTS },
  presets: DEP_PRESETS,
  needsGroups: (config) => (config["sensor"] === "raw" ? [] : ["muscle"]),
  create,
};
