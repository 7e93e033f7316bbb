import type { ActMode, Agent } from "../../protocol/agent.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { Recorder, type RecordingOrigin } from "./recorder.ts";
import type { Recording } from "./recording.ts";

/** Who acts on one row. */
export type Actor = Pick<Agent, "act" | "reset">;

export interface RecordOptions extends RecordingOrigin {
  readonly episodes: number;
  /** Most control steps an episode; the environment's own limit ends it too. */
  readonly steps: number;
  readonly mode: ActMode;
}

/**
 * Episodes of whoever acts in an environment of this thread. Episode i starts from seed + i.
 * @param actor built for one row of `env`.
 * @throws MyoError BAD_OPTIONS for feet that the model lacks.
 */
export function recordEpisodes(env: TaskEnv, actor: Actor, options: RecordOptions): Recording {
  const { episodes, steps, mode, seed } = options;
  using recorder = new Recorder(env, options);
  for (let episode = 0; episode < episodes; episode++) {
    let { obs } = env.reset(seed + episode);
    actor.reset(Uint8Array.of(1));
    recorder.begin();
    for (let step = 0; step < steps; step++) {
      const out = env.step(actor.act(obs, mode));
      recorder.step(out.reward);
      obs = out.obs;
      if (out.terminated || out.truncated) break;
    }
  }
  return recorder.finish();
}
