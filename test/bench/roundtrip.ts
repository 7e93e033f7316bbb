import path from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "../../protocol/codec.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import { Contestant, interleave, median, PEERS, peerPython, report, startServer } from "./harness.ts";

const ENV_ID = "myoLegWalk-v0";
const OBS = 403;
const ACTIONS = 80;
const TERMS = 7;
const ROUNDS = 5;
const SECONDS = 4;
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

/** One row: round trip minus physics (the same steps in-process) against a bare echo of frames of the same size. */
export async function benchRoundtrip(): Promise<void> {
  const python = peerPython();
  const { server, url } = await startServer();
  const here = path.dirname(fileURLToPath(import.meta.url));
  const echoServer = new Contestant("echo-server", process.execPath, [path.join(here, "echo-server.js")]);
  const echoUrl = await echoServer.line();
  const sizes = frameSizes();
  const contestants = [
    new Contestant("echo", python, [
      path.join(PEERS, "echo_roundtrip.py"),
      echoUrl,
      String(sizes.request),
      String(sizes.reply),
    ]),
    new Contestant("physics", process.execPath, [path.join(here, "direct-step.js"), ENV_ID]),
    new Contestant("step", python, [path.join(PEERS, "step_roundtrip.py"), url, ENV_ID]),
  ];
  try {
    for (const contestant of contestants) await contestant.ready();
    const values = await interleave(contestants, ROUNDS, SECONDS);
    const column = (name: string): number[] => values.get(name) ?? [];
    const ratios = column("step").map(
      (step, round) => (step - (column("physics")[round] ?? Number.NaN)) / (column("echo")[round] ?? Number.NaN),
    );
    const value = median(ratios);
    const verdict = { name: "round trip minus physics / echo", value, unit: "x", target: `<= ${String(TARGET)} x` };
    report("roundtrip", [{ ...verdict, reached: value <= TARGET }], {
      unit: "us",
      sizes,
      values: Object.fromEntries(values),
      ratios,
    });
  } finally {
    for (const contestant of [...contestants, echoServer]) await contestant.stop();
    await server.stop();
  }
}
