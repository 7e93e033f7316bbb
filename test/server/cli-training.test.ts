import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import { readRecording } from "../../server/recording/recording.ts";
import { scratchFolder } from "./training-support.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/cli/main.js", import.meta.url));
const HOME = scratchFolder();

type RunState = ReplyOf<"train.list">["runs"][number];

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, MYOSERVE_HOME: HOME } });
}

function outcome(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

const myoserve = (...args: string[]) => outcome(start(args));
const SMALL = ["mpo:debug", "--env", "arm26-reach-v0", "--num-envs", "2", "--seed", "1", "--set", "batch_iterations=1"];

async function runs(): Promise<RunState[]> {
  const { stdout } = await myoserve("runs", "--json");
  return (JSON.parse(stdout) as { runs: RunState[] }).runs;
}

describe("train, runs, play, compare", () => {
  it("trains in this process, plays the run and its folder alike", async () => {
    const trained = await myoserve(
      "train",
      ...SMALL,
      "--steps",
      "600",
      "--name",
      "small",
      "--eval-episodes",
      "2",
      "--json",
    );
    expect(trained).toMatchObject({ code: 0 });
    expect(trained.stderr).toMatch(/run small: mpo on arm26-reach-v0/);
    const state = JSON.parse(trained.stdout) as RunState;
    expect(state).toMatchObject({ run: "small", state: "done", done: 600, total: 600, algo: "mpo" });
    expect(state.metrics["updates"]).toBeGreaterThan(0);
    const [listed] = await runs();
    expect(listed).toMatchObject({ run: "small", state: "done", best: state.best });
    const played = await myoserve("play", "small", "--episodes", "2", "--json");
    const folder = await myoserve("play", path.join(HOME, "runs/small"), "--episodes", "2", "--json");
    const result = JSON.parse(played.stdout) as { step: number; returns: number[]; lengths: number[] };
    expect(result.lengths).toEqual([200, 200]);
    expect(result.step).toBe(state.best?.step);
    expect((JSON.parse(folder.stdout) as typeof result).returns).toEqual(result.returns);
    const table = await myoserve("play", "small", "--episodes", "1", "--which", "last");
    expect(table.stdout).toMatch(/^seed .*\n2000000000 .*\nmean /);
    const last = await myoserve("play", path.join(HOME, "runs/small"), "--episodes", "1", "--which", "last");
    expect(last.stdout).toBe(table.stdout);
    const sparse = await myoserve("play", "small", "--episodes", "2", "--kwargs", '{"sparse":true}', "--json");
    expect((JSON.parse(sparse.stdout) as typeof result).returns).not.toEqual(result.returns);
    expect((await myoserve("play", "small", "--kwargs", '{"limit":1}')).stderr).toMatch(/limit/);
    const file = path.join(HOME, "small.npz");
    const flags = ["--policy", "small", "--seed", "2000000000", "--episodes", "2", "--engine", "wasm", "--out", file];
    expect(await myoserve("record", ...flags)).toMatchObject({ code: 0 });
    const { meta, rows, columns } = readRecording(file);
    expect(meta).toMatchObject({
      env: "arm26-reach-v0",
      agent: { id: "policy", name: "small", env_steps: result.step },
    });
    expect(rows).toBe(402);
    for (const [episode, wanted] of result.returns.entries()) {
      const rewards = columns.reward.subarray(201 * episode, 201 * (episode + 1));
      expect(rewards.reduce((sum, reward) => sum + reward, 0)).toBe(wanted);
    }
    expect((await myoserve("record", ...flags, "--agent", "dep")).stderr).toMatch(/cannot be used with/);
  });

  it("records the policy of a folder that belongs to no run where the environment is named", async () => {
    const best = path.join(HOME, "runs/small/best");
    const folder = path.join(HOME, "policy");
    cpSync(path.join(best, readdirSync(best)[0]!), folder, { recursive: true });
    const flags = ["--policy", folder, "--steps", "3", "--engine", "wasm", "--out", path.join(HOME, "copy.npz")];
    expect((await myoserve("record", ...flags)).stderr).toMatch(/Nothing says which environment/);
    expect(await myoserve("record", "arm26-reach-v0", ...flags)).toMatchObject({ code: 0 });
    expect((await myoserve("play", folder)).stderr).toMatch(/Nothing says which environment/);
    const unclear = await myoserve("play", folder, "--which", "best", "--env", "arm26-reach-v0");
    expect(unclear.stderr).toMatch(/policy is no run but a single policy.*best/);
  });

  it("writes a checkpoint when it is interrupted, and goes on from there", async () => {
    const args = [...SMALL, "--steps", "10000000", "--name", "long", "--log-every", "200", "--eval-every", "0"];
    const child = start(["train", ...args]);
    const ended = outcome(child);
    const csv = path.join(HOME, "runs/long/metrics.csv");
    while (!existsSync(csv) || readFileSync(csv, "utf8").split("\n").length < 4) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/run long is paused at \d+ steps; go on with: myoserve train --resume long/);
    const paused = (await runs()).find(({ run }) => run === "long");
    expect(paused?.state).toBe("paused");
    const more = String((paused?.done ?? 0) + 400);
    const resumed = await myoserve("train", "--resume", "long", "--steps", more);
    expect(resumed.stdout).toMatch(new RegExp(`run long is done at ${more} steps`));
    const svg = path.join(HOME, "curves.svg");
    const compared = await myoserve("compare", "small", "long", "--metric", "return_mean", "--svg", svg);
    expect(compared.stdout).toMatch(/^run .* return_mean .*\nsmall .*\nlong /);
    expect(readFileSync(svg, "utf8")).toMatch(/<polyline.*<polyline/s);
  });

  it.each([
    [["train"], /Say what to train/],
    [["train", "mpp:debug", "--steps", "1", "--env", "arm26-reach-v0"], /did you mean "mpo"/],
    [["train", "mpo:debug", "--env", "arm26-reach-v0"], /needs a number of steps/],
    [["train", "debug", "--set", "hiden=[4]"], /hiden/],
    [["train", "--resume", "nothing"], /no run nothing/],
    [["play", "nothing"], /neither a run nor a folder "nothing"/],
    [["record", "--policy", "nothing", "--out", "x.npz"], /neither a run nor a folder "nothing"/],
    [["record", "--out", "x.npz"], /An agent needs an environment/],
    [["compare", "nothing"], /no run nothing/],
    [["train", "debug", "--url", "ws://127.0.0.1:1"], /127\.0\.0\.1:1/],
  ])("refuses %j with one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await myoserve(...args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });

  it("trains on a server", async () => {
    const server = start(["serve", "--port", "0", "--json", "--log-level", "silent"]);
    const url = await new Promise<string>((resolve) => {
      server.stdout?.once("data", (chunk: Buffer) => resolve((JSON.parse(chunk.toString()) as { url: string }).url));
    });
    const trained = await myoserve("train", ...SMALL, "--steps", "400", "--name", "far", "--url", url);
    expect(trained.stdout).toMatch(/run far is done at 400 steps/);
    server.kill("SIGTERM");
    expect((await outcome(server)).code).toBe(0);
    expect((await runs())[0]).toMatchObject({ run: "far", state: "done" });
  });
});
