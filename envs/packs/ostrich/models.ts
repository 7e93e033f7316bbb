export const OSTRICH_PACK = "ostrich";

/** Models of the pack: the file names of OstrichRL without `.xml`. */
export const OSTRICH_MODELS = ["ostrich", "ostrich_legs_torque", "ostrich_neck"] as const;
export type OstrichModel = (typeof OSTRICH_MODELS)[number];

/** Environment id → model. */
export const OSTRICH_IDS = {
  "ostrich-run-v0": "ostrich",
  "ostrich-run-torque-v0": "ostrich_legs_torque",
  "ostrich-foraging-v0": "ostrich_neck",
  "ostrich-mocap-tracking-v0": "ostrich",
} as const satisfies Readonly<Record<string, OstrichModel>>;

/** Parts of a frame of a motion clip in the order of a row, and how many numbers each has. */
export const CLIP_PARTS = { qpos: 56, qvel: 56, xipos: 30 * 3, ximat: 30 * 9 } as const;
export type ClipPart = keyof typeof CLIP_PARTS;

/** float64 numbers of a frame. */
export const CLIP_WIDTH = Object.values(CLIP_PARTS).reduce((sum, width) => sum + width, 0);

/** Table of the pack that holds a clip: frames of `CLIP_WIDTH` little-endian float64 numbers. */
export const clipTable = (clip: string): string => `mocap_${clip}`;
