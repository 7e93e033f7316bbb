import { MyoError } from "../../protocol/errors.ts";
import type { AutoresetMode } from "../../protocol/env.ts";
import type { Kwargs } from "../../envs/task.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../options.ts";
import type { RowBudget } from "../row-budget.ts";
import { RowGroup } from "../vector/row-group.ts";
import type { PhysicsPool } from "../workers/physics-pool.ts";
import { Session } from "./session.ts";
import { newHandle, ResumeToken } from "./tokens.ts";

/** Who drives a session: a connection. */
export interface Owner {
  /** Another connection took one of its sessions over. */
  replaced(): void;
}

interface Entry {
  readonly session: Session;
  readonly token: ResumeToken;
  readonly giveRows: () => void;
  owner: Owner | null;
  lease: NodeJS.Timeout | null;
}

/** What a session is made of. */
export interface MakeOptions {
  readonly env: string;
  readonly kwargs: Kwargs;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  readonly seed: number | null;
  readonly infoKeys: readonly string[] | undefined;
}

/** Bytes of a reply beyond which a session is refused: clients take four times as much. */
const MAX_REPLY = 64 * 1024 * 1024;

/** All sessions of a server, who owns them, and how long they survive without an owner. */
export class SessionTable {
  readonly #pool: PhysicsPool;
  readonly #settings: Pick<Settings, "maxSessions" | "leaseMs" | "maxMessage">;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  readonly #budget: RowBudget;
  /** Those being made included. */
  #sessions = 0;

  constructor(pool: PhysicsPool, budget: RowBudget, settings: Settings) {
    this.#pool = pool;
    this.#budget = budget;
    this.#settings = settings;
    this.#log = settings.log;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @throws MyoError CAPACITY, TOO_LARGE, and what the environment's constructor throws. */
  async make(options: MakeOptions, owner: Owner): Promise<{ session: Session; token: string }> {
    this.#assertRoom();
    const giveRows = this.#budget.take(options.numEnvs, "the session");
    this.#sessions++;
    let group: RowGroup | undefined;
    try {
      group = await RowGroup.open({ pool: this.#pool, ...options });
      this.#assertSize(group);
      const session = new Session(newHandle("s"), group, options.infoKeys);
      const entry: Entry = { session, token: new ResumeToken(), giveRows, owner, lease: null };
      this.#entries.set(session.s, entry);
      return { session, token: entry.token.rotate() };
    } catch (error) {
      group?.close();
      this.#sessions--;
      giveRows();
      throw error;
    }
  }

  /** Any session, or undefined. */
  find(s: string): Session | undefined {
    return this.#entries.get(s)?.session;
  }

  /** Any session. @throws MyoError NOT_FOUND */
  get(s: string): Session {
    return this.#entry(s).session;
  }

  /** A session that this connection drives. @throws MyoError NOT_FOUND, also where another one does. */
  owned(s: string, owner: Owner): Session {
    const entry = this.#entry(s);
    if (entry.owner === owner) return entry.session;
    throw new MyoError("NOT_FOUND", `Session ${s} belongs to another connection; resume it with its token in hello.`);
  }

  /** Take a session over. @returns null when it is gone or the token is not its. */
  resume(s: string, token: string, owner: Owner): { session: Session; token: string } | null {
    const entry = this.#entries.get(s);
    if (entry === undefined || !entry.token.matches(token)) return null;
    if (entry.lease !== null) clearTimeout(entry.lease);
    entry.lease = null;
    const before = entry.owner;
    entry.owner = owner;
    if (before !== null && before !== owner) before.replaced();
    return { session: entry.session, token: entry.token.rotate() };
  }

  /** The socket of an owner is gone: its sessions wait for a resume until their lease ends. */
  orphan(owner: Owner): void {
    for (const [s, entry] of this.#entries) {
      if (entry.owner !== owner) continue;
      entry.owner = null;
      entry.lease = setTimeout(() => {
        this.#log.info({ s }, "lease ended, session closed");
        this.close(s);
      }, this.#settings.leaseMs);
      entry.lease.unref();
    }
  }

  close(s: string): void {
    const entry = this.#entries.get(s);
    if (entry === undefined) return;
    this.#entries.delete(s);
    if (entry.lease !== null) clearTimeout(entry.lease);
    this.#sessions--;
    entry.giveRows();
    entry.session.close();
  }

  closeAll(): void {
    for (const s of [...this.#entries.keys()]) this.close(s);
  }

  #entry(s: string): Entry {
    const entry = this.#entries.get(s);
    if (entry !== undefined) return entry;
    throw new MyoError("NOT_FOUND", `There is no session "${s}", or it was closed; make a new one.`);
  }

  #assertRoom(): void {
    const { maxSessions } = this.#settings;
    if (this.#sessions >= maxSessions) {
      throw new MyoError("CAPACITY", `The server holds at most ${maxSessions} sessions; close one or try later.`);
    }
  }

  /** @throws MyoError TOO_LARGE where the actions of all rows exceed a frame, or a reply what clients accept. */
  #assertSize(group: RowGroup): void {
    const { shape } = group.slab;
    const bytes = (arrays: readonly { byteLength: number }[]) =>
      arrays.reduce((sum, array) => sum + array.byteLength, 0);
    const request = bytes(group.slab.action);
    const reply = bytes(group.slab.obs) * (shape.final ? 2 : 1) + group.slab.terms.byteLength;
    if (request < this.#settings.maxMessage * 0.9 && reply < MAX_REPLY) return;
    throw new MyoError(
      "TOO_LARGE",
      `Actions of all rows fit a frame of ${this.#settings.maxMessage} bytes and replies ${MAX_REPLY}, but ${group.numEnvs} rows need ${request} and ${reply}; make several sessions.`,
    );
  }
}
