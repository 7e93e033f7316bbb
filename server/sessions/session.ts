import { didYouMean } from "../../protocol/closest.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { JsonObject, Snapshot } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { scatterActions } from "../vector/local-vector-env.ts";
import { runRollout } from "../vector/rollout.ts";
import type { RowGroup } from "../vector/row-group.ts";
import { STARTED } from "../workers/slab.ts";
import { ActionCheck } from "./check-action.ts";
import { parseMask, parseRows, parseSeeds, rowNumbers } from "./check-rows.ts";
import { NumberedQueue } from "./numbered-queue.ts";
import type { Responder } from "./responder.ts";
import { parseRollout, rolloutReply, startRow } from "./rollout-messages.ts";
import { sceneMap } from "./scene-map.ts";
import { stateMap } from "./state-map.ts";
import { SessionStats } from "./session-stats.ts";
import { SnapshotShelf } from "./snapshot-shelf.ts";
import { StepReply } from "./step-reply.ts";

/** Rows of a batch that was just stepped (null: all), for streams. */
export type BatchListener = (rows: Uint32Array | null, anyEpisodeEnded: boolean) => void;

type StartArguments = [
  slot: number,
  k: number,
  rows: Uint32Array | null,
  actions: readonly NumericArray[],
  arrived: number,
];

/** Requests of which a client may send a few ahead: those with a number, and those that hold large arrays. */
export const BOUNDED = new Set<string>(["env.reset", "env.step", "env.restore", "env.rollout"]);

/** Columns of the terms a client asked for; null: all. @throws MyoError BAD_OPTIONS for an unknown name. */
function columnsOf(infoKeys: readonly string[] | undefined, known: readonly string[]): number[] | null {
  if (infoKeys === undefined) return null;
  return infoKeys.map((key) => {
    const column = known.indexOf(key);
    if (column >= 0) return column;
    const hint = didYouMean(key, known) || `; known: ${known.join(", ")}.`;
    throw new MyoError("BAD_OPTIONS", `info_keys names reward terms, but there is no "${key}"${hint}`);
  });
}

/** N rows that a client drives: checks what comes in, keeps the order, answers out of the slab. */
export class Session {
  readonly s: string;
  readonly group: RowGroup;
  readonly queue: NumberedQueue;
  readonly stats = new SessionStats();
  readonly listeners = new Set<BatchListener>();
  /** The job that drives the rows, or null. */
  reservedBy: string | null = null;
  readonly #check: ActionCheck;
  readonly #reply: StepReply;
  readonly #shelf = new SnapshotShelf();
  #closed = false;

  /** @throws MyoError BAD_OPTIONS when `infoKeys` names an unknown term. */
  constructor(s: string, group: RowGroup, infoKeys: readonly string[] | undefined) {
    this.s = s;
    this.group = group;
    this.queue = new NumberedQueue(s, group.numEnvs);
    this.#check = new ActionCheck(group.spec.act_space);
    this.#reply = new StepReply(group.slab, s, columnsOf(infoKeys, group.spec.info_keys));
  }

  /** @throws MyoError ENV_BUSY, STEP_CONFLICT, BAD_OPTIONS, BAD_ACTION; later faults go to the responder. */
  step(request: RequestOf<"env.step">, responder: Responder): void {
    this.#assertFree();
    if (!this.queue.admit(request.k, request, responder)) return;
    const { numEnvs } = this.group;
    const rows = parseRows(request.env_ids, numEnvs);
    const actions = this.#check.parse(request.action, rows?.length ?? numEnvs);
    const { k } = request;
    const arrived = performance.now();
    const start = (slot: number) => this.#startStep(slot, k, rows, actions, arrived);
    this.queue.push({ k, message: request, responders: [responder], rows, alone: false, start });
  }

  reset(request: RequestOf<"env.reset">, responder: Responder): void {
    this.#assertFree();
    if (!this.queue.admit(request.k, request, responder)) return;
    const { group } = this;
    const rows = parseMask(request.mask, group.numEnvs);
    const seeds = parseSeeds(request.seed, group.numEnvs);
    const options = this.#options(request.options);
    this.#alone(request.k, request, responder, async () => {
      await group.reset(rows, seeds === null ? null : rows.map((row) => seeds[row] ?? null), options);
      this.stats.addReset(rows.length);
      return this.#reply.reset(request.k);
    });
  }

  snapshot(request: RequestOf<"env.snapshot">, responder: Responder): void {
    this.#assertFree();
    const rows = rowNumbers(parseRows(request.env_ids, this.group.numEnvs), this.group.numEnvs);
    this.#alone(null, request, responder, async () => {
      const states = await this.group.snapshot(rows);
      const snap = this.#shelf.add(states);
      return { t: "env.snapshot.ok", s: this.s, snap, ...(request.bytes === true && { data: states }) };
    });
  }

  restore(request: RequestOf<"env.restore">, responder: Responder): void {
    this.#assertFree();
    if (!this.queue.admit(request.k, request, responder)) return;
    const rows = rowNumbers(parseRows(request.env_ids, this.group.numEnvs), this.group.numEnvs);
    const states = this.#statesFor(rows.length, request);
    this.#alone(request.k, request, responder, async () => {
      await this.group.restore(rows, states);
      return { t: "env.restore.ok", s: this.s, k: request.k };
    });
  }

  rollout(request: RequestOf<"env.rollout">, responder: Responder): void {
    this.#assertFree();
    const { group, s } = this;
    const { shape, actions } = parseRollout(request, group.spec, this.#check);
    const row = startRow(request, group.numEnvs);
    const kept = request.snap === undefined ? request.data : this.#shelf.get(request.snap);
    this.#alone(null, request, responder, async () => {
      const states = kept ?? (await group.snapshot([row]));
      return rolloutReply(s, await runRollout(group, shape, states, actions), request.want);
    });
  }

  render(request: RequestOf<"env.render">, responder: Responder): void {
    const rows = rowNumbers(parseRows(request.env_ids, this.group.numEnvs), this.group.numEnvs);
    this.#alone(null, request, responder, async () => {
      return { t: "env.render.ok", s: this.s, scenes: await this.scenes(rows) };
    });
  }

  state(request: RequestOf<"env.state">, responder: Responder): void {
    const { group, s } = this;
    const rows = rowNumbers(parseRows(request.env_ids, group.numEnvs), group.numEnvs);
    const obsKeys = request.obs_keys ?? group.spec.obs_dict ?? Object.keys(group.spec.obs_keys);
    this.#alone(null, request, responder, async () => {
      return { t: "env.state.ok", s, states: (await group.states(rows, obsKeys)).map(stateMap) };
    });
  }

  /** What a viewer draws of these rows. @throws MyoError BAD_OPTIONS where there is nothing to draw. */
  async scenes(rows: readonly number[]) {
    const scenes = await this.group.scenes(rows);
    return scenes.map((scene) => {
      if (scene !== null) return sceneMap(scene);
      throw new MyoError("BAD_OPTIONS", `${this.group.env} has no model to draw; do not ask it for frames.`);
    });
  }

  /** Free the rows; requests that wait are answered with NOT_FOUND. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.queue.abandon(new MyoError("NOT_FOUND", `Session ${this.s} was closed; make a new one.`));
    this.group.close();
  }

  /** @throws MyoError NOT_FOUND once the session is closed. */
  assertOpen(): void {
    if (this.#closed) throw new MyoError("NOT_FOUND", `Session ${this.s} was closed; make a new one.`);
  }

  /** @throws MyoError ENV_BUSY while a job drives the rows. */
  #assertFree(): void {
    if (this.reservedBy === null) return;
    throw new MyoError(
      "ENV_BUSY",
      `Job ${this.reservedBy} drives session ${this.s}; wait for its end or send job.cancel.`,
    );
  }

  #startStep(...args: StartArguments): void {
    const [slot, k, rows, actions, arrived] = args;
    const { group } = this;
    if (group.rebuilding !== null) {
      void group.rebuilding.then(() => this.#retryStep(...args));
      return;
    }
    this.#assertSteppable(rows);
    scatterActions(group, actions, rows);
    const started = performance.now();
    group.step(slot, rows, () => {
      const ended = this.stats.addBatch(group.slab, rows, started - arrived, performance.now() - started);
      this.queue.finish(slot, this.#reply.step(k, rows));
      for (const listener of this.listeners) listener(rows, ended);
    });
  }

  #retryStep(...args: StartArguments): void {
    if (this.#closed) return;
    try {
      this.#startStep(...args);
    } catch (error) {
      this.queue.fail(args[0], error);
    }
  }

  /** @throws MyoError NEEDS_RESET */
  #assertSteppable(rows: Uint32Array | null): void {
    const { group } = this;
    const fresh = group.firstRowWithout(STARTED, rows);
    if (fresh !== undefined) {
      throw new MyoError(
        "NEEDS_RESET",
        `A row is reset before it is stepped, but row ${fresh} was not; send env.reset.`,
      );
    }
    if (group.autoreset !== "disabled" || group.numEnvs === 1) return;
    const finished = group.firstFinishedRow(rows);
    if (finished === undefined) return;
    throw new MyoError(
      "NEEDS_RESET",
      `Autoreset is disabled and the episode of row ${finished} is over; send env.reset with a mask of the finished rows.`,
    );
  }

  /** Queue work that shares the rows with nothing else. */
  #alone(
    k: number | null,
    message: object,
    responder: Responder,
    work: () => Promise<Readonly<Record<string, unknown>>>,
  ): void {
    const run = async (slot: number): Promise<void> => {
      try {
        if (this.group.rebuilding !== null) await this.group.rebuilding;
        const body = await work();
        if (!this.#closed) this.queue.finish(slot, body);
      } catch (error) {
        if (!this.#closed) this.queue.fail(slot, error);
      }
    };
    this.queue.push({ k, message, responders: [responder], rows: null, alone: true, start: (slot) => void run(slot) });
  }

  #options(options: Record<string, unknown> | undefined): JsonObject | null {
    if (options === undefined) return null;
    return validateAgainst(this.group.spec.options_schema, options, `options of ${this.group.env}`);
  }

  /** One state for each of `count` rows. */
  #statesFor(count: number, request: RequestOf<"env.restore">): Snapshot[] {
    if ((request.snap === undefined) === (request.data === undefined)) {
      throw new MyoError("BAD_OPTIONS", "env.restore takes either snap or data; send exactly one of them.");
    }
    const states = request.snap === undefined ? (request.data ?? []) : this.#shelf.get(request.snap);
    const [first] = states;
    if (states.length === 1 && first !== undefined) return Array.from({ length: count }, () => first);
    if (states.length === count) return [...states];
    throw new MyoError(
      "BAD_OPTIONS",
      `A restore takes one state, or one for each of ${count} rows, but ${states.length} came; name the rows in env_ids.`,
    );
  }
}
