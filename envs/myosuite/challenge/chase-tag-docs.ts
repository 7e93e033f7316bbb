import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";

/** Page of `chase-tag.ts`. */
export const CHASE_TAG_DOCS: TaskDocs = {
  goal: "Tag an opponent, or escape it until the time is up.",
  action: SIGMOID_ACTION,
  terms: {
    act_reg: "|act| / na",
    distance: "d − d of the step before (0 in the first); an escape has the other sign",
    distance_abs: "d",
    alive: "s cut to [0, 1]",
    lose: "[lost]",
    sparse: "where a chase is won: 1 − t / 20; where an escape ends: t / 20; else 0",
    solved: "[won]",
  },
  symbols:
    "d: distance of root and opponent in the plane, m; t: simulated time in s, rounded to 0.01; tag: pelvis and opponent within `win_distance`; won: a chase with a tag, an escape after 20 s; lost: a chase after 20 s, an escape with a tag, a fall (s < 0), or the pelvis beyond ± 6.5 m on an axis; s: on flat ground (pelvis height − 0.5 m) / 0.5 m, else (head above the mean of the feet − 0.2 m) / 0.6 m",
  start:
    "In this order: the ground (`terrain` `random`: 3 × 3 patches, flat, hilly (at most two) or rough, heights uniform in their ranges; in a fifth of the episodes one patch is a relief); chase or escape (`task_choice`); the agent: `reset_type` `none`: keyframe 0, `init`: keyframe 2 (right stance), `random`: keyframe 2 or 3, normal noise of 0.02 rad but for height and rotation, place uniform in ± 5 m, heading uniform with the velocity along it. The agent's patch is then flat. Last the opponent: in a chase it flees by one of the policies of `opponent_probabilities`, in an escape it chases at a speed from `chase_vel_range`; place uniform in ± 5 m, at least `min_spawn_distance` away ((0, −5) m for `static_stationary`).",
  end: "Won or lost.",
  groups: {
    internal_qpos: "joints of the legs",
    internal_qvel: "their velocities times the control step",
    grf: "ground reaction forces",
    torso_angle: "rotation of the pelvis",
    model_root_pos: "place of the root",
    model_root_vel: "velocity of the root",
    muscle_velocity: "clipped to ± 100",
    muscle_force: "clipped to ± 100",
    opponent_relative: "opponent − root, opponent's velocity − root's, distance",
    role: "one-hot",
    task: "1 in an escape",
    qpos_local: "joints without the root",
    qvel_local: "velocities without the root's",
    root_vel_body: "velocity of the root, turned to its heading",
    heading_cmd: "fixed: straight ahead",
    orientation: "roll, pitch, angular velocity turned to the heading, rise of the root",
  },
};
