import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { MyoError } from "../protocol/errors.ts";
import type { ModelSource } from "../envs/engine/physics.ts";

/** Most bytes of one blob.get. */
const CHUNK = 1024 * 1024;

/** A file of a model: in memory or on disk. */
interface Blob {
  readonly size: number;
  readonly bytes: Uint8Array | null;
  readonly path: string;
}

export interface Asset {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
}

/** A model's MJCF and the files it names, by hash. */
export interface ModelFiles {
  readonly model_sha256: string;
  readonly assets: readonly Asset[];
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The files viewers fetch: registered per model at first use, read from disk when asked for. */
export class BlobStore {
  readonly #blobs = new Map<string, Blob>();
  readonly #models = new Map<string, Promise<ModelFiles>>();

  /** Register a model's files. */
  async add(source: ModelSource): Promise<ModelFiles> {
    const known = this.#models.get(source.key) ?? this.#register(source);
    this.#models.set(source.key, known);
    try {
      return await known;
    } catch (error) {
      this.#models.delete(source.key);
      throw error;
    }
  }

  /** At most 1 MiB from `offset`. @throws MyoError NOT_FOUND, BAD_OPTIONS */
  async read(hash: string, offset: number): Promise<{ size: number; data: Uint8Array }> {
    const blob = this.#blobs.get(hash);
    if (blob === undefined) {
      throw new MyoError("NOT_FOUND", `There is no blob ${hash}; ask env.model for the hashes of a session's model.`);
    }
    if (offset > blob.size) {
      throw new MyoError("BAD_OPTIONS", `The blob has ${blob.size} bytes, but the offset is ${offset}; stay below.`);
    }
    const bytes = blob.bytes ?? (await readFile(blob.path));
    return { size: blob.size, data: bytes.subarray(offset, offset + CHUNK) };
  }

  async #register(source: ModelSource): Promise<ModelFiles> {
    const xml = new TextEncoder().encode(source.xml);
    const hash = sha256(xml);
    this.#blobs.set(hash, { size: xml.byteLength, bytes: xml, path: "" });
    const assets: Asset[] = [];
    for (const { name, path } of source.files) {
      const bytes = await readFile(path);
      const asset = { name, sha256: sha256(bytes), size: bytes.byteLength };
      this.#blobs.set(asset.sha256, { size: asset.size, bytes: null, path });
      assets.push(asset);
    }
    return { model_sha256: hash, assets };
  }
}
