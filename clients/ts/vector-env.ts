import type {
  AutoresetMode,
  Buffers,
  EnvSpec,
  JsonObject,
  RolloutOut,
  RolloutWant,
  Snapshot,
  SnapshotRef,
  StepBatch,
  VectorEnv,
} from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import { allRows, fromWire, maskedRows, rowErrors, toWire, typed } from "./arrays.ts";
import type { Fields, MyoClient } from "./client.ts";
import { ReplyLostError } from "./pending.ts";
import { rolloutFields, rolloutOut } from "./rollout.ts";
import { Slots } from "./slots.ts";

export interface MakeOptions {
  /** 1 when absent. */
  readonly numEnvs?: number;
  /** `next_step` when absent. */
  readonly autoreset?: AutoresetMode;
  readonly kwargs?: JsonObject;
  readonly seed?: number;
  /** Reward terms to send; all when absent, none for an empty list. */
  readonly infoKeys?: readonly string[];
}

type Numbered = "env.reset" | "env.step" | "env.restore";

/** A session on a server: N rows, stepped in one round trip. Calls may be pipelined; they execute in order. */
export class RemoteVectorEnv implements VectorEnv {
  readonly spec: EnvSpec;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  /** The session's handle, for operations of `MyoClient.request`. */
  readonly session: string;
  readonly #client: MyoClient;
  readonly #actions: readonly BufferLayout[];
  readonly #slots: Slots;
  readonly #allRows: Uint32Array;
  #nextK = 1;
  #closed = false;

  private constructor(client: MyoClient, autoreset: AutoresetMode, made: ReplyOf<"env.make">) {
    this.#client = client;
    this.autoreset = autoreset;
    this.spec = made.spec;
    this.session = made.s;
    this.numEnvs = made.num_envs;
    this.#actions = layoutOf(made.spec.act_space).buffers;
    // More than the server keeps replies of could not be sent again after a lost socket.
    this.#slots = new Slots(made.max_inflight);
    this.#allRows = allRows(made.num_envs);
  }

  /** @throws MyoError ENV_UNKNOWN, BAD_OPTIONS, MODEL_MISSING or CAPACITY. */
  static async make(client: MyoClient, env: string, options: MakeOptions = {}): Promise<RemoteVectorEnv> {
    const { numEnvs, kwargs, seed, infoKeys, autoreset = "next_step" } = options;
    const made = await client.request("env.make", {
      env,
      autoreset,
      ...(numEnvs === undefined ? {} : { num_envs: numEnvs }),
      ...(kwargs === undefined ? {} : { kwargs }),
      ...(seed === undefined ? {} : { seed }),
      ...(infoKeys === undefined ? {} : { info_keys: [...infoKeys] }),
    });
    return new RemoteVectorEnv(client, autoreset, made);
  }

  /** @returns all rows, those outside `mask` as they were. */
  async reset(seeds: readonly (number | null)[] | null, mask?: Uint8Array, options?: JsonObject): Promise<StepBatch> {
    const reply = await this.#numbered("env.reset", {
      ...(seeds === null ? {} : { seed: this.#seedArray(seeds) }),
      ...(mask === undefined ? {} : { mask: toNdArray("|b1", [mask.length], mask) }),
      ...(options === undefined ? {} : { options }),
    });
    const count = this.numEnvs;
    return {
      rows: this.#allRows.slice(),
      obs: fromWire(reply.obs),
      terms: typed(reply.terms, "<f8"),
      reward: new Float64Array(count),
      terminated: new Uint8Array(count),
      truncated: new Uint8Array(count),
    };
  }

  /** @throws MyoError BAD_ACTION, NEEDS_RESET, ENV_BUSY or NOT_FOUND after close. */
  async step(actions: Buffers, rows?: Uint32Array): Promise<StepBatch> {
    const action = toWire(this.#actions, rows?.length ?? this.numEnvs, actions, "the action");
    const reply = await this.#numbered("env.step", {
      action,
      ...(rows === undefined ? {} : { env_ids: toNdArray("<u4", [rows.length], rows) }),
    });
    return this.#batch(reply, rows?.slice() ?? this.#allRows.slice());
  }

  /** Keeps the state of rows on the server, all when absent. @returns the name for `restore`. */
  async snapshot(rows?: Uint32Array): Promise<string> {
    const reply = await this.#client.request("env.snapshot", {
      s: this.session,
      ...(rows === undefined ? {} : { env_ids: toNdArray("<u4", [rows.length], rows) }),
    });
    return reply.snap;
  }

  /** The same as bytes, one a row: they outlive the session. */
  async snapshotBytes(rows?: Uint32Array): Promise<Snapshot[]> {
    const reply = await this.#client.request("env.snapshot", {
      s: this.session,
      bytes: true,
      ...(rows === undefined ? {} : { env_ids: toNdArray("<u4", [rows.length], rows) }),
    });
    return reply.data ?? [];
  }

  /**
   * @param from what `snapshot` or `snapshotBytes` returned
   * @throws MyoError NOT_FOUND, BAD_OPTIONS for bytes of another engine or model.
   */
  async restore(from: string | readonly Snapshot[], rows?: Uint32Array): Promise<void> {
    await this.#numbered("env.restore", {
      ...(typeof from === "string" ? { snap: from } : { data: [...from] }),
      ...(rows === undefined ? {} : { env_ids: toNdArray("<u4", [rows.length], rows) }),
    });
  }

  /** @param from may also be what `snapshot` returned: the state stays on the server. */
  async rollout(
    from: SnapshotRef | { readonly snap: string },
    actions: Buffers,
    want: RolloutWant,
  ): Promise<RolloutOut> {
    const fields = rolloutFields(from, this.#actions, actions, want);
    return rolloutOut(await this.#client.request("env.rollout", { s: this.session, ...fields }));
  }

  /** Ends the session. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#client.request("env.close", { s: this.session });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends the session's next reset, step or restore. A refused one gives its number back. */
  #numbered<T extends Numbered>(type: T, fields: object): Promise<ReplyOf<T>> {
    return this.#slots.run(async () => {
      const k = this.#nextK++;
      try {
        return await this.#client.request(type, { ...fields, s: this.session, k } as unknown as Fields<T>);
      } catch (error) {
        const refused = error instanceof MyoError && !(error instanceof ReplyLostError);
        if (refused) this.#nextK = Math.min(this.#nextK, k);
        throw error;
      }
    });
  }

  #seedArray(seeds: readonly (number | null)[]): NdArray {
    if (seeds.length !== this.numEnvs) {
      throw new MyoError(
        "BAD_OPTIONS",
        `A reset takes one seed per row, ${this.numEnvs}, but ${seeds.length} came; use null for none.`,
      );
    }
    const data = BigInt64Array.from(seeds, (seed) => BigInt(seed ?? -1));
    return toNdArray("<i8", [seeds.length], data);
  }

  #batch(reply: ReplyOf<"env.step">, rows: Uint32Array): StepBatch {
    const { final, ep, errors } = reply;
    return {
      rows: reply.env_ids === undefined ? rows : typed(reply.env_ids, "<u4"),
      obs: fromWire(reply.obs),
      reward: typed(reply.rew, "<f8"),
      terminated: typed(reply.term, "|b1"),
      truncated: typed(reply.trunc, "|b1"),
      terms: reply.terms === undefined ? new Float64Array(0) : typed(reply.terms, "<f8"),
      ...(final === undefined
        ? {}
        : {
            final: {
              rows: maskedRows(typed(final.mask, "|b1"), rows),
              obs: fromWire(final.obs),
              terms: typed(final.terms, "<f8"),
            },
          }),
      ...(ep === undefined
        ? {}
        : {
            episodes: {
              rows: maskedRows(typed(ep.mask, "|b1"), rows),
              returns: typed(ep.r, "<f8"),
              lengths: typed(ep.l, "<u4"),
            },
          }),
      ...(errors === undefined ? {} : { errors: rowErrors(errors) }),
    };
  }
}
