import type { LocalVectorEnv } from "../../../../server/vector/local-vector-env.ts";
import type { Actor } from "../../../../server/training/evaluation.ts";

/** Reward term that is above 0 where the task is solved. */
const TERM = "solved";

export interface Score {
  /** Share of the episodes that are solved in their last step. */
  readonly success: number;
  /** Steps that are solved, mean over episodes. */
  readonly solved_steps: number;
}

interface Sums {
  success: number;
  steps: number;
}

/** One episode on each row from `seed` on; they all end in the same step. */
async function playWave(env: LocalVectorEnv, seed: number, act: Actor, sums: Sums): Promise<void> {
  const { info_keys } = env.spec;
  const column = info_keys.indexOf(TERM);
  let batch = await env.reset(Array.from({ length: env.numEnvs }, (_, row) => seed + row));
  for (;;) {
    batch = await env.step(act(batch.obs));
    const { terms, terminated, truncated } = batch;
    const over = terminated.map((ended, row) => ended | (truncated[row] ?? 0));
    const last = over.includes(1);
    if (last && over.includes(0)) throw new Error("Episodes of different length came; evaluation wants equal ones.");
    for (let row = 0; row < env.numEnvs; row++) {
      const solved = (terms[row * info_keys.length + column] ?? 0) > 0 ? 1 : 0;
      sums.steps += solved;
      if (last) sums.success += solved;
    }
    if (last) return;
  }
}

/**
 * Play whole waves of episodes without exploration, the same starts and targets by seed.
 * @param env with autoreset disabled
 */
export async function evaluate(env: LocalVectorEnv, waves: number, seed: number, act: Actor): Promise<Score> {
  const sums: Sums = { success: 0, steps: 0 };
  for (let wave = 0; wave < waves; wave++) await playWave(env, seed + wave * env.numEnvs, act, sums);
  const episodes = waves * env.numEnvs;
  return { success: sums.success / episodes, solved_steps: sums.steps / episodes };
}
