import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";

/** Page of `key-turn.ts`. */
export const KEY_TURN_DOCS: TaskDocs = {
  goal: "Hold a key between index finger and thumb, and turn it.",
  action: SIGMOID_ACTION,
  terms: {
    key_turn: "q",
    IFtip_approach: "−g_index",
    THtip_approach: "−g_thumb",
    act_reg: "−|act| / na",
    bonus: "[q > π/2] + [q > π]",
    penalty: "−[g_index > 0.05] − [g_thumb > 0.05]",
    sparse: "q",
    solved: "[q > `goal_th`]",
  },
  symbols:
    "q: angle of the key, rad; g = | |key head − fingertip| − 0.03 |, m: how far a fingertip is from where it would hold the key",
  start:
    "The hand at 0, at rest. The key's angle is drawn uniformly from `key_init_range`; where its ends differ, then also its place, uniform in ± 0.01 m around the model's on every axis.",
  end: "g_index > 0.1 m or g_thumb > 0.1 m.",
  groups: {
    hand_qpos: "joints of the hand",
    hand_qvel: "their velocities times the control step",
    key_qpos: "angle of the key",
    key_qvel: "its velocity times the control step",
    IFtip_approach: "key head − tip of the index finger",
    THtip_approach: "key head − tip of the thumb",
  },
};
