import { encode } from "../../protocol/codec.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import { interleaveRuns } from "./contestant.ts";
import { atMost, median, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
const OBS = 403;
const ACTIONS = 80;
const TERMS = 7;
const TARGET = 1.5;

/** Bytes of a step request and its reply for one row. */
function frameSizes(): { request: number; reply: number } {
  const action = toNdArray("<f4", [1, ACTIONS], new Float32Array(ACTIONS));
  const row = toNdArray("<f8", [1], new Float64Array(1));
  const flag = toNdArray("|b1", [1], new Uint8Array(1));
  const obs = toNdArray("<f4", [1, OBS], new Float32Array(OBS));
  const terms = toNdArray("<f8", [1, TERMS], new Float64Array(TERMS));
  const reply = { t: "env.step.ok", id: 1000, s: "s-12345678", k: 1000, obs, rew: row, term: flag, trunc: flag, terms };
  return {
    request: encode({ t: "env.step", id: 1000, s: "s-12345678", k: 1000, action }).byteLength,
    reply: encode(reply).byteLength,
  };
}

/**
 * One row: the median round trip minus physics, against a bare echo of frames of the same size. Physics is taken twice:
 * the same steps in a process of their own, which count what sharing a machine costs as overhead, and the worker's time.
 */
export async function benchRoundtrip(settings: BenchSettings): Promise<void> {
  await onStage(async (stage) => {
    const { url } = await stage.server();
    const echoUrl = await stage.node("echo-server", "echo-server.js").line();
    const sizes = frameSizes();
    const contestants = [
      stage.python("echo", "echo_roundtrip.py", echoUrl, sizes.request, sizes.reply),
      stage.node("alone", "direct-step.js", ENV_ID),
      stage.python("step", "step_roundtrip.py", url, ENV_ID),
    ];
    for (const contestant of contestants) await contestant.ready();
    const runs = await interleaveRuns(contestants, settings.rounds ?? 5, settings.seconds ?? 4);
    const column = (name: string, key = "value"): number[] =>
      (runs.get(name) ?? []).map((run) => run[key] ?? Number.NaN);
    const [step, worker, alone, echo] = [column("step"), column("step", "worker"), column("alone"), column("echo")];
    const less = (physics: readonly number[]): number[] =>
      step.map((time, round) => (time - (physics[round] ?? Number.NaN)) / (echo[round] ?? Number.NaN));
    const ratios = { alone: less(alone), worker: less(worker) };
    const verdicts = [
      atMost("round trip minus the same steps in-process / echo", median(ratios.alone), TARGET, "x"),
      atMost("round trip minus the worker's own time / echo", median(ratios.worker), TARGET, "x"),
    ];
    report("roundtrip", verdicts, { unit: "us", sizes, values: { step, worker, alone, echo }, ratios });
  });
}
