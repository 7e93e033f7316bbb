import { Type, type Static } from "@sinclair/typebox";
import { closed } from "../../protocol/schema/common.ts";

export const ColoredNoiseConfigSchema = closed({
  beta: Type.Number({
    minimum: 0,
    maximum: 4,
    description: "Exponent of the power spectral density 1/f^beta: 0 white, 1 pink, 2 red.",
  }),
  std: Type.Number({
    exclusiveMinimum: 0,
    description: "Standard deviation before clipping, in half widths of the action's range.",
  }),
  chunk_steps: Type.Unsafe<number>({
    type: "integer",
    enum: [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
    description: "Steps of one synthesised signal; frequencies below 1/chunk_steps are flat.",
  }),
});

/** Of the colored-noise agent. */
export type ColoredNoiseConfig = Readonly<Static<typeof ColoredNoiseConfigSchema>>;

export const COLORED_NOISE_DEFAULTS: ColoredNoiseConfig = Object.freeze({ beta: 1, std: 1, chunk_steps: 1024 });

export const COLORED_NOISE_PRESETS = {
  white: { beta: 0 },
  pink: { beta: 1 },
  red: { beta: 2 },
} as const satisfies Record<string, Partial<ColoredNoiseConfig>>;
