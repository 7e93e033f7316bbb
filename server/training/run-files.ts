import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Type, type Static, type TObject } from "@sinclair/typebox";
import { plainSchema } from "../../agents/core/config.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import type { FileOps } from "./file-ops.ts";

/** The list of a checkpoint folder's own files; it is written last. */
export const LISTING = "checkpoint.json";

const Step = Type.Integer({ minimum: 0 });
const FileEntry = Type.Object({ bytes: Step, sha256: Type.String() }, { additionalProperties: false });

/** What a folder of a checkpoint says of itself. */
export const ListingSchema = Type.Object(
  {
    step: Step,
    /** Files of the run's replay folder. */
    replay: Type.Array(Type.String()),
    files: Type.Record(Type.String(), FileEntry),
  },
  { additionalProperties: false },
);
export type Listing = Static<typeof ListingSchema>;

/** `latest.json`: which folders count. */
export const ManifestSchema = Type.Object(
  {
    format: Type.Literal("myoserve-run"),
    version: Type.Literal(1),
    /** Oldest first; the last is the current one. */
    checkpoints: Type.Array(
      Type.Object(
        { name: Type.String(), step: Step, replay: Type.Array(Type.String()) },
        { additionalProperties: false },
      ),
    ),
    best: Type.Union([
      Type.Null(),
      Type.Object({ name: Type.String(), step: Step, score: Type.Number() }, { additionalProperties: false }),
    ]),
  },
  { additionalProperties: false },
);
export type Manifest = Static<typeof ManifestSchema>;

export const EMPTY_MANIFEST: Manifest = { format: "myoserve-run", version: 1, checkpoints: [], best: null };

/** `config.json` of a run. */
export const RunSchema = Type.Object(
  { created: Type.String(), config: Type.Record(Type.String(), Type.Unknown()) },
  { additionalProperties: false },
);

export const jsonBytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

const entryOf = (bytes: Uint8Array): Static<typeof FileEntry> => ({
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/** The content; null where there is no such file. */
async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** A JSON file of a known form; null where it is missing, cut short or of another form. */
export async function readJson<S extends TObject>(path: string, schema: S): Promise<Static<S> | null> {
  const bytes = await contentOf(path);
  if (bytes === null) return null;
  try {
    return validateAgainst(plainSchema(schema), JSON.parse(bytes.toString("utf8")), path);
  } catch {
    return null;
  }
}

/** Make a folder with files appear under its name at once. */
export async function publishFolder(
  ops: FileOps,
  parent: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const fresh = join(parent, ".new");
  await ops.remove(fresh);
  await ops.makeFolder(fresh);
  for (const [file, bytes] of files) await ops.write(join(fresh, file), bytes);
  // Left by a run that stopped before it counted.
  await ops.remove(join(parent, name));
  await ops.rename(fresh, join(parent, name));
}

/** Write a file so that it is the old or the new one at any time. */
export async function publishFile(ops: FileOps, path: string, bytes: Uint8Array): Promise<void> {
  await ops.write(`${path}.tmp`, bytes);
  await ops.rename(`${path}.tmp`, path);
}

/** Files and, at the end, the listing that vouches for them. */
export function withListing(
  files: ReadonlyMap<string, Uint8Array>,
  { step, replay }: Omit<Listing, "files">,
): ReadonlyMap<string, Uint8Array> {
  const entries = [...files].map(([name, bytes]) => [name, entryOf(bytes)] as const);
  const listing: Listing = { step, replay: [...replay], files: Object.fromEntries(entries) };
  return new Map([...files, [LISTING, jsonBytes(listing)]]);
}

/** Listing and files of a folder; null where anything is missing or damaged. */
export async function readListed(
  folder: string,
): Promise<{ readonly listing: Listing; readonly files: ReadonlyMap<string, Uint8Array> } | null> {
  const listing = await readJson(join(folder, LISTING), ListingSchema);
  if (listing === null) return null;
  const files = new Map<string, Uint8Array>();
  for (const [name, entry] of Object.entries(listing.files)) {
    const bytes = await contentOf(join(folder, name));
    if (bytes?.length !== entry.bytes || entryOf(bytes).sha256 !== entry.sha256) return null;
    files.set(name, bytes);
  }
  return { listing, files };
}
