import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** A rename in the folder survives a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Write a file so that its name stands for the old content or all of the new one, whenever the machine stops.
 * @param write fills the file under another name
 * @param path gives the final name, which may depend on what was written
 */
export async function replaceFile(
  temporary: string,
  path: () => string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    const handle = await open(temporary, "w");
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path());
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path()));
}

/** `replaceFile` with bytes at hand. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await replaceFile(
    `${path}.tmp`,
    () => path,
    (handle) => handle.writeFile(bytes),
  );
}
