import { createNativeEngine } from "../../envs/engine/native.ts";
import type { Engine, EngineId } from "../../envs/engine/physics.ts";
import { createWasmEngine } from "../../envs/engine/wasm.ts";
import { nativeLibrary, nativeObstacle } from "../contract/native-library.ts";
import { parityObstacle } from "./golden.ts";

/** An engine that replays the recordings. */
export interface ParityEngine {
  readonly id: EngineId;
  /** Why it cannot replay them here, or null. */
  readonly obstacle: string | null;
  /** For a title: empty or the obstacle. */
  readonly note: string;
  readonly open: () => Promise<Engine>;
}

function parityEngine(id: EngineId, obstacle: string | null, open: () => Promise<Engine>): ParityEngine {
  return { id, obstacle, note: obstacle === null ? "" : ` (skipped: ${obstacle})`, open };
}

export const PARITY_ENGINES: readonly ParityEngine[] = [
  parityEngine("wasm", parityObstacle(), createWasmEngine),
  parityEngine("native", parityObstacle() ?? nativeObstacle(), () =>
    Promise.resolve(createNativeEngine(nativeLibrary())),
  ),
];
