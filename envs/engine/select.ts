import { openLibmujoco, wantedVersion } from "../packs/libmujoco/installed.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Engine, EngineId } from "./physics.ts";

/** `native` is fetched where it is missing; `auto` is native where it is installed, else wasm. */
export const ENGINE_NAMES = ["wasm", "native", "auto"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  /** MuJoCo version of the native engine; default MYOSERVE_MUJOCO_VERSION, else the pinned version. */
  readonly version?: string;
  /** Lines of a fetch on its way. */
  readonly onProgress?: (line: string) => void;
  /** Where MYOSERVE_CACHE, MYOSERVE_MUJOCO_VERSION and pip's variables are read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface ChosenEngine {
  readonly engine: Engine;
  /** Why it is not the native one that was asked for, in one line; null where it is what was asked for. */
  readonly note: string | null;
}

/** @throws MyoError UNAVAILABLE where the library is missing or unusable, PackError where it cannot be fetched. */
async function openNative(name: "native" | "auto", options: EngineOptions): Promise<Engine> {
  const { env = process.env, onProgress } = options;
  const version = options.version ?? wantedVersion(env);
  let path = openLibmujoco(version, env);
  if (path === null && name === "native") {
    const { pullLibmujoco } = await import("../packs/libmujoco/pull-libmujoco.ts");
    path = await pullLibmujoco({ version, env, onProgress: ({ message }) => onProgress?.(message) });
  }
  if (path === null) {
    throw new MyoError("UNAVAILABLE", `MuJoCo ${version} is not installed; run: npx myoserve models pull libmujoco`);
  }
  const { createNativeEngine } = await import("./native.ts");
  const engine = createNativeEngine(path);
  if (engine.version === version) return engine;
  const { version: found } = engine;
  engine[Symbol.dispose]();
  throw new MyoError(
    "UNAVAILABLE",
    `The library ${path} is MuJoCo ${found}, but ${version} is wanted; remove its folder and pull it again.`,
  );
}

/** An engine by name; what stands in the way of the native one leads to wasm and a note, never to an error. */
export async function createEngineByName(name: EngineName, options: EngineOptions = {}): Promise<ChosenEngine> {
  let note: string | null = null;
  if (name !== "wasm") {
    try {
      return { engine: await openNative(name, options), note: null };
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
      note = `The engine is wasm, because the native one cannot be used: ${reason}`;
    }
  }
  const { createWasmEngine } = await import("./wasm.ts");
  return { engine: await createWasmEngine(), note };
}

/**
 * Which engine the threads of a process will open: fetched and tried out once, before they start.
 * @returns id for `openEngine`, and the note of `createEngineByName`
 */
export async function settleEngine(
  name: EngineName,
  options: EngineOptions = {},
): Promise<{ readonly id: EngineId; readonly note: string | null }> {
  if (name === "wasm") return { id: "wasm", note: null };
  const { engine, note } = await createEngineByName(name, options);
  const { id } = engine;
  engine[Symbol.dispose]();
  return { id, note };
}

/**
 * The engine that `settleEngine` found.
 * @throws MyoError UNAVAILABLE where it has gone since.
 */
export async function openEngine(id: EngineId, options: EngineOptions = {}): Promise<Engine> {
  if (id === "native") return openNative("auto", options);
  return (await createEngineByName("wasm")).engine;
}
