import type { UserFault } from "../envs/declarative/user-folder.ts";
import type { Catalog } from "./catalog.ts";
import type { AgentTable } from "./jobs/agent-table.ts";
import type { JobTable } from "./jobs/job-table.ts";
import type { BlobStore } from "./blobs.ts";
import type { Settings } from "./options.ts";
import type { PackInstaller } from "./packs.ts";
import type { SessionTable } from "./sessions/session-table.ts";
import type { TrainTable } from "./training/train-table.ts";
import type { PhysicsPool } from "./workers/physics-pool.ts";

/** What every handler may use. */
export interface ServerContext {
  readonly settings: Settings;
  readonly version: string;
  /** Differs after every start: sessions of another boot are gone. */
  readonly bootId: string;
  /** Engine and version, e.g. "wasm 3.3.8". */
  readonly engine: string;
  readonly catalog: Catalog;
  /** Files of the user's folder that are no environments. */
  readonly faults: readonly UserFault[];
  readonly packs: PackInstaller;
  readonly pool: PhysicsPool;
  readonly sessions: SessionTable;
  readonly blobs: BlobStore;
  readonly agents: AgentTable;
  readonly jobs: JobTable;
  readonly training: TrainTable;
  /** No new sessions: the server is about to stop. */
  draining: boolean;
}
