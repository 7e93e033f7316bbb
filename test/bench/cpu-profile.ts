import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Where a thread's time goes; `idle` is waiting. */
export const WORKER_PARTS = ["physics", "task", "loop"] as const;
export const SOCKET_PARTS = ["decode", "gather", "encode", "socket"] as const;
export type Part = (typeof WORKER_PARTS)[number] | (typeof SOCKET_PARTS)[number];

/** What V8 writes; see the Profiler domain of the DevTools protocol. Times in us of the monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** After a longer pause, us, the sampler itself was off its core: what it met says nothing about the time before. */
const MAX_DELTA = 3000;

/** Calls of a physics that compute; its other members are read by the task and count as the task's. */
const COMPUTING = new Set(["step", "forward", "kinematics", "resetData", "resetKeyframe", "setState", "getState"]);

/** What V8 calls a function of koffi: the innermost frame of a call into the native library, callers inlined or not. */
const KOFFI_CALL = "PollHandle";

function workerPart({ functionName, url }: CallFrame): Part | "idle" | null {
  if (functionName === "(idle)" || (functionName === "sleep" && url.includes("/command-ring."))) return "idle";
  if (functionName === KOFFI_CALL && url === "") return "physics";
  if (url.startsWith("wasm:") || url.includes("/mujoco-js/")) return "physics";
  if (url.includes("/envs/engine/row-physics.")) return COMPUTING.has(functionName) ? "physics" : null;
  if (url.includes("/envs/engine/")) return "physics";
  if (url.includes("/envs/")) return "task";
  return null;
}

function socketPart({ functionName, url }: CallFrame): Part | "idle" | null {
  if (functionName === "(idle)") return "idle";
  if (/\/protocol\/(decode|validate)\.|\/@msgpack\/|\/ajv\//.test(url)) return "decode";
  if (/\/server\/vector\/gather\.|\/sessions\/step-reply\./.test(url)) return "gather";
  if (/\/protocol\/encode\.|\/msgpackr\//.test(url)) return "encode";
  return null;
}

/** us by part in a window of the monotonic clock, idle time left out. `rest` takes what no rule names. */
function split(
  profile: CpuProfile,
  window: readonly [number, number],
  partOf: (frame: CallFrame) => Part | "idle" | null,
  rest: Part,
): Map<Part, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const parts = new Map<number, Part | "idle">();
  /** The innermost frame with a rule decides. */
  const partOfNode = (id: number): Part | "idle" => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = nodes.get(at)?.callFrame;
      const part = frame === undefined ? null : partOf(frame);
      if (part !== null) return part;
    }
    return rest;
  };
  const times = new Map<Part, number>();
  let time = profile.startTime;
  profile.samples.forEach((id, i) => {
    const delta = profile.timeDeltas[i] ?? 0;
    time += delta;
    if (time < window[0] || time > window[1]) return;
    const part = parts.get(id) ?? partOfNode(id);
    parts.set(id, part);
    if (part !== "idle") times.set(part, (times.get(part) ?? 0) + Math.min(delta, MAX_DELTA));
  });
  return times;
}

/** Shares (sum 1) of the parts in the time that is not idle, over the profiles of one kind of thread. */
function shares(all: readonly Map<Part, number>[], parts: readonly Part[]): Record<string, number> {
  const sums = parts.map((part) => all.reduce((sum, times) => sum + (times.get(part) ?? 0), 0));
  const total = sums.reduce((sum, value) => sum + value, 0);
  return Object.fromEntries(parts.map((part, i) => [part, total > 0 ? (sums[i] ?? 0) / total : 0]));
}

/**
 * Shares of the parts of a server's time, read from the folder that `node --cpu-prof` filled.
 * @param window in us of the monotonic clock.
 */
export function splitProfiles(
  folder: string,
  window: readonly [number, number],
): { readonly workers: Readonly<Record<string, number>>; readonly socket: Readonly<Record<string, number>> } {
  const workers: Map<Part, number>[] = [];
  const socket: Map<Part, number>[] = [];
  for (const name of readdirSync(folder)) {
    // CPU.<date>.<time>.<pid>.<thread>.<count>.cpuprofile, thread 0 being the first one
    const main = name.split(".")[4] === "0";
    const profile = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as CpuProfile;
    if (main) socket.push(split(profile, window, socketPart, "socket"));
    else workers.push(split(profile, window, workerPart, "loop"));
  }
  return { workers: shares(workers, WORKER_PARTS), socket: shares(socket, SOCKET_PARTS) };
}
