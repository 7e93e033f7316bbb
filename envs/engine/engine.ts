import type { Engine, EngineId, Model, ModelSource } from "./physics.ts";
import type { RawEngine } from "./raw.ts";
import { partCompiler } from "./refresh-body.ts";
import { SharedModel } from "./shared-model.ts";

/** Models that nothing holds but that stay compiled: describe, make and close in turn compile once. */
const IDLE_MODELS = 2;

/** mjJAC_SPARSE */
const SPARSE = 1;

interface Entry {
  readonly model: SharedModel;
  holders: number;
}

/** Model cache with reference counts over any physics library. */
class CachingEngine implements Engine {
  readonly id: EngineId;
  readonly version: string;
  readonly #raw: RawEngine;
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(raw: RawEngine) {
    this.#raw = raw;
    this.id = raw.id;
    this.version = raw.version;
  }

  load(source: ModelSource, prepare?: (model: Model) => void): Model {
    const known = this.#entries.get(source.key);
    const entry = known ?? this.#compile(source, prepare);
    entry.holders += 1;
    this.#entries.delete(source.key);
    this.#entries.set(source.key, entry);
    return entry.model;
  }

  [Symbol.dispose](): void {
    for (const { model } of this.#entries.values()) model.destroy();
    this.#entries.clear();
    this.#raw.dispose();
  }

  #compile(source: ModelSource, prepare?: (model: Model) => void): Entry {
    const fixedMeanInertia = /<statistic\b[^>]*\bmeaninertia=/.test(source.xml);
    const raw = this.#raw;
    const compilePart = partCompiler(raw, source.xml);
    const compiled = raw.compile(source);
    const wasm = raw.id === "wasm";
    // A tree of bounding boxes over a body's few geoms costs more than it saves. Without it contacts with free objects
    // come in another order, which the native engine's bits show.
    if (wasm || source.oneIsland === true) compiled.disable("MIDPHASE", true);
    if (source.oneIsland === true) compiled.disable("ISLAND", true);
    // Native code multiplies dense rows faster than it looks for their zeros.
    if (source.sparse === true && wasm) compiled.setOption("jacobian", SPARSE);
    const model = new SharedModel(compiled, fixedMeanInertia, compilePart, () => {
      this.#release(source.key);
    });
    prepare?.(model);
    return { model, holders: 0 };
  }

  #release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.holders -= 1;
    const idle = [...this.#entries].filter(([, { holders }]) => holders <= 0);
    for (const [oldKey, old] of idle.slice(0, Math.max(0, idle.length - IDLE_MODELS))) {
      this.#entries.delete(oldKey);
      old.model.destroy();
    }
  }
}

/** An engine over a physics library; disposing it disposes the library. */
export function createEngine(raw: RawEngine): Engine {
  return new CachingEngine(raw);
}
