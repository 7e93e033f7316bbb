import type { EnvDocs, TaskDocs } from "../docs/task-docs.ts";
import { OSTRICH_IDS, OSTRICH_PACK } from "../packs/ostrich/models.ts";
import { parityMarkdown } from "../tolerances.ts";

const ACTION =
  "Actions are ctrl. MuJoCo's muscles clamp excitations to [0, 1], so that a negative action is no excitation.";
const GROUPS = {
  qvel: "joint velocities, clipped to ± 100",
  muscle_activations: "clipped to ± 100",
  muscle_forces: "of the last sub-step, clipped to ± 100",
  muscle_velocities: "clipped to ± 100",
};

function run(muscles: boolean): TaskDocs {
  const head = muscles ? "the head below 0.9 m, " : "";
  return {
    goal: "Run forward, along x.",
    action: muscles
      ? ACTION
      : "Actions are ctrl: torques over the gears 120 (hip), 90 (knee), 60 (ankle) and 30 N m (toe).",
    terms: { horizontal_velocity: "v_x" },
    symbols: "v_x: velocity of the whole body's centre of mass along x, m/s",
    start: "Every joint but the trunk's six uniform in a fifth of its range, at rest.",
    end: `${head}the pelvis below 0.6 m, or the trunk pitched by more than 0.8 rad either way.`,
    groups: muscles
      ? { ...GROUPS, qpos: "joint positions without x" }
      : { qvel: GROUPS.qvel, qpos: "joint positions without x" },
  };
}

const FORAGING: TaskDocs = {
  goal: "Bring the beak to a target.",
  action: ACTION,
  terms: { distance: "|target − beak|, m" },
  start:
    "The pose of the last episode, at rest (all zero at first, and after a reset with a seed). The target is uniform in a ball of 0.8 m around (0.5, 0, 1.3) m, drawn again while it is within 0.6 m of (−0.1, 0, 1.0) m.",
  end: "|target − beak| ≤ 0.05 m.",
  groups: { ...GROUPS, beak: "site at the tip of the beak", target_beak: "target − beak" },
};

const MOCAP: TaskDocs = {
  goal: "Track a recorded motion with the whole body.",
  action: ACTION,
  terms: {
    pose: "Π exp(−`pose_rew_weight` d)",
    rotation: "Π exp(−`rot_rew_weight` a)",
    dense: "pose · rotation",
  },
  symbols:
    "products over the 30 bodies but the trunk; d: distance of a body's centre of mass from the clip's, m; a: angle between the orientations, rad",
  start:
    "A frame drawn uniformly from those at least `min_episode_steps` before the end of the clip: positions with normal noise of `init_noise_scale`, velocities of the clip. With `test` frame 0 without noise.",
  end: "The reward is below `rew_threshold` (not with `test`), or the clip is over.",
  groups: { ...GROUPS, time_left: "1 − frame / last frame" },
};

const TASKS: Readonly<Record<keyof typeof OSTRICH_IDS, TaskDocs>> = {
  "ostrich-run-v0": run(true),
  "ostrich-run-torque-v0": run(false),
  "ostrich-foraging-v0": FORAGING,
  "ostrich-mocap-tracking-v0": MOCAP,
};

/** Page of an id. */
export function ostrichDocs(id: keyof typeof OSTRICH_IDS): EnvDocs {
  return {
    ...TASKS[id],
    model: `\`${OSTRICH_IDS[id]}\` of the pack \`${OSTRICH_PACK}\``,
    licence: "MIT (OstrichRL, © 2021 Vittorio La Barbera, Fabio Pardo)",
    deviations: [
      "Observations are float32 here, float64 in dm_control.",
      "Where two bones touch each other, collision searches that end at a tolerance of 1e-6 m can end on another face under wasm: [ostrich/README.md](../ostrich/README.md#deviations).",
    ],
    parity: () => parityMarkdown(id, "OstrichRL on dm_control 1.0.36 and MuJoCo 3.4.0", ["reset", "forced", "free"]),
  };
}
