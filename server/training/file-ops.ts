import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../agents/core/durable.ts";

/** The changes a run store makes to a disk, one by one; a test stops between any two or within one. */
export interface FileOps {
  makeFolder(path: string): Promise<void>;
  /** True where the folder was not there before: of several that try, one succeeds. */
  claimFolder(path: string): Promise<boolean>;
  /** A file whose content survives a power cut; its name does after the rename of its folder or itself. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** The new name survives a power cut. */
  rename(from: string, to: string): Promise<void>;
  /** A file or folder, which may be absent. */
  remove(path: string): Promise<void>;
}

export const DISK: FileOps = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  async claimFolder(path) {
    try {
      await mkdir(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  },
  async write(path, bytes) {
    const handle = await open(path, "w");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(path));
  },
  async rename(from, to) {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
};
