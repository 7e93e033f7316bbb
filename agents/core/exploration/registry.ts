import { Type, type Static, type TObject } from "@sinclair/typebox";
import type { JsonObject } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import { closed } from "../../../protocol/schema/common.ts";
import { validateAgainst } from "../../../protocol/validate.ts";
import { DEP_DEFAULTS, DepConfigSchema } from "../../dep/config.ts";
import { DepExploration } from "../../dep-rl/exploration.ts";
import { SWITCH_DEFAULTS, switchFields } from "../../dep-rl/switch-config.ts";
import { plainSchema } from "../config.ts";
import { actionRange } from "../spaces.ts";
import { ColoredNoise } from "./colored.ts";
import { explorationStreams, type ExplorationContext } from "./context.ts";
import type { Exploration } from "./exploration.ts";
import { LatticeNoise } from "./lattice.ts";
import { MeanExploration } from "./mean.ts";
import { NoisyExploration } from "./noise.ts";
import { OrnsteinUhlenbeckNoise } from "./ornstein-uhlenbeck.ts";
import { SarExploration } from "./sar.ts";
import { extractSynergies, type Recording } from "./synergies.ts";
import { WhiteNoise } from "./white.ts";

export const EXPLORATION_KINDS = [
  "none",
  "policy",
  "white",
  "ou",
  "colored",
  "lattice",
  "sar",
  "dep-row",
  "dep-deprl",
] as const;
type ExplorationKind = (typeof EXPLORATION_KINDS)[number];

/** Steps of a chunk that the transform of coloured noise takes. */
const CHUNK_STEPS = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** One kind of exploration: what may be set, and how it is made. */
interface Entry {
  readonly schema: TObject;
  /** Observation groups it reads. */
  readonly groups: (options: JsonObject) => readonly string[];
  create(context: ExplorationContext, options: never): Exploration;
}

function entry<S extends TObject>(
  schema: S,
  create: (context: ExplorationContext, options: Static<S>) => Exploration,
  groups: Entry["groups"] = () => [],
): Entry {
  return { schema, groups, create };
}

const STD = Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
  default: null,
  description: "Standard deviation in half ranges of an action; null: the policy's own.",
});

/** DEP's own keys and those of the switch, with the defaults of both. */
function depSchema(normalization: "row" | "deprl") {
  const defaults = { ...DEP_DEFAULTS, ...SWITCH_DEFAULTS, normalization };
  const fields = { ...DepConfigSchema.properties, ...switchFields };
  const withDefaults = Object.entries(fields).map(([key, schema]) => [
    key,
    { ...schema, default: defaults[key as keyof typeof defaults] },
  ]);
  return closed(Object.fromEntries(withDefaults) as typeof fields);
}

const depEntry = (normalization: "row" | "deprl") =>
  entry(
    depSchema(normalization),
    (context, options) => new DepExploration(context, options),
    ({ sensor }) => (sensor === "raw" ? [] : ["muscle"]),
  );

/** A recording in units of the policy: [-1, 1] is the range of an action. */
function recordingOf(context: ExplorationContext, rows: readonly (readonly number[])[]): Recording {
  const { size, middle, half } = actionRange(context.agent.spec.act_space, "sar");
  const wrong = rows.findIndex((row) => row.length !== size);
  if (wrong >= 0) {
    throw new MyoError(
      "BAD_OPTIONS",
      `Row ${wrong} of the recorded actions has ${rows[wrong]?.length ?? 0} elements, but an action has ${size}; send actions of this environment.`,
    );
  }
  const values = Float64Array.from(rows.flat(), (value, i) => {
    const width = half[i % size] ?? 0;
    return width === 0 ? 0 : (value - (middle[i % size] ?? 0)) / width;
  });
  return { steps: rows.length, actions: size, values };
}

/** Every kind of exploration; a config names one by its key. */
const KINDS: Readonly<Record<ExplorationKind, Entry>> = {
  none: entry(closed({}), () => new MeanExploration()),
  policy: entry(
    closed({}),
    (context) => new NoisyExploration(context.actions, null, new WhiteNoise(explorationStreams(context, "policy"))),
  ),
  white: entry(
    closed({ std: Type.Number({ exclusiveMinimum: 0, default: 0.1, description: "In half ranges of an action." }) }),
    (context, { std }) =>
      new NoisyExploration(context.actions, std, new WhiteNoise(explorationStreams(context, "white"))),
  ),
  ou: entry(
    closed({
      std: STD,
      theta: Type.Number({
        exclusiveMinimum: 0,
        default: 0.15,
        description: "Rate of forgetting, 1/step: noise 1/theta steps apart is correlated by 37 %.",
      }),
    }),
    (context, { std, theta }) => {
      const { actions } = context;
      const process = new OrnsteinUhlenbeckNoise(explorationStreams(context, "ou"), actions, theta);
      return new NoisyExploration(actions, std, process);
    },
  ),
  colored: entry(
    closed({
      std: STD,
      beta: Type.Number({
        minimum: 0,
        maximum: 4,
        default: 1,
        description: "Spectrum 1/f^beta: 0 white, 1 pink, 2 red.",
      }),
      chunk_steps: Type.Unsafe<number>({
        type: "integer",
        enum: CHUNK_STEPS,
        default: 1024,
        description: "Steps of one signal: at least those of an episode.",
      }),
    }),
    (context, { std, beta, chunk_steps: chunkSteps }) => {
      const process = new ColoredNoise(explorationStreams(context, "colored"), context.actions, { beta, chunkSteps });
      return new NoisyExploration(context.actions, std, process);
    },
  ),
  lattice: entry(
    closed({
      std: STD,
      alpha: Type.Number({
        minimum: 0,
        default: 1,
        description: "Weight of the latent noise beside that of the actions.",
      }),
      period: Type.Integer({ minimum: 1, default: 1, description: "Steps that the perturbation matrices last." }),
    }),
    (context, { std, alpha, period }) => {
      const { actions, latent, headWeights } = context;
      const options = { actions, latent, alpha, period, headWeights };
      return new NoisyExploration(actions, std, new LatticeNoise(explorationStreams(context, "lattice"), options));
    },
  ),
  sar: entry(
    closed({
      actions: Type.Array(Type.Array(Type.Number(), { minItems: 1, maxItems: 10_000 }), {
        minItems: 2,
        maxItems: 100_000,
        description: "Recorded actions of this environment, one list a step: what synergies are taken from.",
      }),
      synergies: Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: "Synergies kept." }),
      phi: Type.Number({ minimum: 0, maximum: 1, default: 0.66, description: "Share of the synergies in an action." }),
    }),
    (context, { actions, synergies, phi }) => {
      const extracted = extractSynergies(recordingOf(context, actions), synergies);
      return new SarExploration(explorationStreams(context, "sar"), extracted, phi);
    },
  ),
  "dep-row": depEntry("row"),
  "dep-deprl": depEntry("deprl"),
};

/** A config's key `exploration`: a kind, or a kind with options. */
export const ExplorationSchema = Type.Unsafe<string | JsonObject>({
  type: ["string", "object"],
  description: `How the policy explores: ${EXPLORATION_KINDS.join(", ")}; or {"kind": one of these, its options}.`,
});

export interface ExplorationChoice {
  readonly kind: ExplorationKind;
  /** Checked, defaults filled in. */
  readonly options: JsonObject;
}

/**
 * The kind and its options out of a config.
 * @throws MyoError BAD_OPTIONS for an unknown kind, an unknown key or a value its schema refuses.
 */
export function explorationChoice(value: string | JsonObject): ExplorationChoice {
  const { kind, ...given } = typeof value === "string" ? { kind: value } : value;
  const head = plainSchema(closed({ kind: Type.Unsafe<ExplorationKind>({ enum: [...EXPLORATION_KINDS] }) }));
  const checked = validateAgainst(
    { ...head, required: ["kind"] },
    { ...(kind === undefined ? {} : { kind }) },
    "exploration",
  );
  const known = checked["kind"] as ExplorationKind;
  const options = validateAgainst(plainSchema(KINDS[known].schema), given, `exploration ${known}`);
  return { kind: known, options };
}

/** Observation groups that an exploration reads. */
export function explorationGroups({ kind, options }: ExplorationChoice): readonly string[] {
  return KINDS[kind].groups(options);
}

/** @throws MyoError BAD_OPTIONS where it does not fit the environment. */
export function createExploration({ kind, options }: ExplorationChoice, context: ExplorationContext): Exploration {
  return KINDS[kind].create(context, options as never);
}
