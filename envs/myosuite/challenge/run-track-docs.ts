import type { TaskDocs } from "../../docs/task-docs.ts";
import { SIGMOID_ACTION } from "../family-docs.ts";

/** Page of `run-track.ts`. */
export const RUN_TRACK_DOCS: TaskDocs = {
  goal: "Run along −y to the finish with a prosthetic right leg, whose knee and ankle its own controller drives.",
  action: `${SIGMOID_ACTION} The two drives of the prosthesis take no action: a controller cycles through early and late stance, early and late swing, each an impedance at knee and ankle; load, knee and ankle angle and knee velocity lead from one phase to the next, at most once a control step.`,
  terms: {
    act_reg: "mean(act²)",
    pain: "mean of min(limit force / 1000, 1) over the limited joints of hips and left leg",
    lose: "[lost]",
    sparse: "−v_y of the root",
    solved: "[y < `end_pos`]",
  },
  symbols:
    "y: place of the root along the track, m; v_y: its velocity, m/s; limit force in N m; lost: |x| > `real_width`, y > `start_pos` + 2 m, or the head less than 0.2 m above the floor or the mean of the feet",
  start:
    "The ground is drawn first: `terrain` `flat`: none; `random`: one kind (stairs, hills, rough ground) for all patches; `random_mixed`: a kind for each. Then `reset_type` `random`: one of three keyframes (standing, prosthesis behind, prosthesis ahead), x uniform within 0.8 `real_width`, y = `start_pos` + 1 m, heading uniform in [−125°, −60°], velocity turned along; `init`: the standing keyframe; `osl_init`: a row of a recorded gait, drawn. But for `init` the body is then set down on the ground.",
  end: "Lost, or y < `end_pos`.",
  groups: {
    internal_qpos: "joints of the body without the prosthesis",
    internal_qvel: "their velocities times the control step",
    grf: "ground reaction forces",
    socket_force: "force in the prosthesis' socket",
    torso_angle: "rotation of the pelvis",
    model_root_pos: "place of the root",
    model_root_vel: "velocity of the root",
    muscle_length: "muscles in the order of their names",
    muscle_velocity: "clipped to ± 100",
    muscle_velocities: "as muscle_velocity",
    muscle_force: "clipped to ± 100",
    terrain: "kind of the ground of this episode",
    hfield: "heights of the ground around the root, in its own frame",
  },
};
