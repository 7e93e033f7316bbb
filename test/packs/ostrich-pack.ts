import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OSTRICH_PACK } from "../../envs/packs/ostrich/models.ts";
import { pullOstrich } from "../../envs/packs/ostrich/pull-ostrich.ts";
import { cacheDir } from "../../envs/packs/places.ts";
import { goldenDir } from "../parity/golden.ts";

/** OstrichRL's files beside the recordings, or null. */
export function ostrichFiles(): string | null {
  const golden = goldenDir();
  const folder = golden === null ? "" : join(golden, "../models/ostrich");
  return existsSync(join(folder, "models/ostrich/ostrich.xml")) ? folder : null;
}

/** What a test file holds while it uses the pack. */
export interface OstrichCache extends Disposable {
  /** Why there is no pack, or null. */
  readonly obstacle: string | null;
}

/** Links to all that a folder holds, but for one entry. */
function linkAll(from: string, to: string, but: string): void {
  mkdirSync(to, { recursive: true });
  if (!existsSync(from)) return;
  for (const entry of readdirSync(from)) if (entry !== but) symlinkSync(join(from, entry), join(to, entry));
}

/**
 * From here on this process has a cache of its own: the pack `ostrich`, freshly made, beside links to what the user's
 * cache holds. Disposing it removes it.
 */
export async function useOstrichPack(): Promise<OstrichCache> {
  const from = ostrichFiles();
  if (from === null) {
    return { obstacle: "OstrichRL's files are not beside the recordings", [Symbol.dispose]: () => undefined };
  }
  const user = cacheDir();
  const before = process.env["MYOSERVE_CACHE"];
  const cache = mkdtempSync(join(tmpdir(), "myoserve-ostrich-"));
  linkAll(user, cache, "packs");
  linkAll(join(user, "packs"), join(cache, "packs"), OSTRICH_PACK);
  process.env["MYOSERVE_CACHE"] = cache;
  const dispose = (): void => {
    if (before === undefined) delete process.env["MYOSERVE_CACHE"];
    else process.env["MYOSERVE_CACHE"] = before;
    rmSync(cache, { recursive: true, force: true });
  };
  await pullOstrich({ from });
  return { obstacle: null, [Symbol.dispose]: dispose };
}
