import { interleave, interleaveRuns } from "./contestant.ts";
import { atLeast, atMost, median, report, type Verdict } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage, type Stage } from "./stage.ts";

/** Units of both hidden layers, and how many times depRL's rate we are to reach. */
const WIDTHS = [
  [256, 1.5],
  [1024, 1.2],
] as const;
const ACT_BOUND = 1;
const ROUNDS = 5;
const SECONDS = 4;

/** Updates a second of every round, ours and depRL's on torch, in turn; on a card where ours computes on one. */
async function compare(stage: Stage, width: number, settings: BenchSettings) {
  const ours = stage.node(`mpo-${width}`, "mpo-learner.js", "update", width);
  await ours.ready();
  const card = (await ours.run(0))["card"] === 1;
  const peer = stage.deprl(`deprl-${width}`, "deprl_mpo_update.py", width, card ? "cuda" : "cpu");
  await peer.ready();
  const values = await interleave([ours, peer], settings.rounds ?? ROUNDS, settings.seconds ?? SECONDS);
  await stage.clear();
  return { card, figures: { ours: values.get(ours.name) ?? [], peer: values.get(peer.name) ?? [] } };
}

/** Times of acting, and what a long run leaves behind. */
async function measureOurs(stage: Stage, settings: BenchSettings) {
  const act = stage.node("act", "mpo-learner.js", "act", 256);
  await act.ready();
  const runs = await interleaveRuns([act], settings.rounds ?? ROUNDS, 1);
  const times = runs.get("act") ?? [];
  const leak = stage.node("leak", "mpo-learner.js", "leak");
  await leak.ready();
  const { value: left } = await leak.run(0);
  return { act: times.map(({ value }) => value), left, fastest: times[0]?.["fastest"] === 1 };
}

/**
 * MPO's gradient steps against depRL's own updaters on torch: observation 403, action 80, batch 256, 20 action samples;
 * critic, actor, duals and targets. Where ours computes on a card, depRL does.
 */
export async function benchMpoUpdate(settings: BenchSettings): Promise<void> {
  await onStage(async (stage) => {
    const verdicts: Verdict[] = [];
    const raw: Record<string, unknown> = { unit: "updates/s; ms" };
    let name = "mpo-update";
    for (const [width, bound] of WIDTHS) {
      const { card, figures } = await compare(stage, width, settings);
      if (card) name = "mpo-update-cuda";
      const ratios = figures.ours.map((rate, round) => rate / (figures.peer[round] ?? Number.NaN));
      verdicts.push(atLeast(`MPO update 2x${width}: MyoServe / depRL 0.5.0`, median(ratios), bound));
      raw[`2x${width}`] = { ...figures, ratios };
    }
    const own = await measureOurs(stage, settings);
    verdicts.push(atMost("one act of 64 rows, 2x256", median(own.act), ACT_BOUND, "ms"));
    verdicts.push(atMost("tensors left by 10,000 updates", own.left, 0, "tensors"));
    const skipped = own.fastest ? [] : ["TensorFlow is not set up: these are figures of tfjs in WebAssembly."];
    report(name, verdicts, { ...raw, ...own }, skipped);
  });
}
