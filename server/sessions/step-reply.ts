import { FrameTemplate } from "../../protocol/frame-template.ts";
import { bytesBorrow, toNdArray, type NdArray, type NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { ENDED, FAILED, TERMINATED, TRUNCATED, type Slab } from "../workers/slab.ts";
import { errorsOf, rowsWith, takeBuffers, takeRows, takeTerms } from "../vector/gather.ts";

type Body = Record<string, unknown>;

/** The reply of a step of all rows in which no episode ended: the same frame but for its numbers. */
export class PlainStep {
  /** Of the step that is answered now. */
  k = 0;
  readonly #body: Body;
  #template: FrameTemplate | null = null;

  constructor(body: Body) {
    this.#body = body;
  }

  /** For codecs without templates. */
  body(): Body {
    return { ...this.#body, k: this.k };
  }

  /** A msgpack frame. */
  encode(id: number): Uint8Array {
    this.#template ??= new FrameTemplate(this.#body);
    return this.#template.encode(id, this.k);
  }
}

function bool(values: Uint8Array): NdArray {
  return { dtype: "|b1", shape: [values.length], data: values };
}

/** One array, or a list where the space has several dtypes. */
function wire(arrays: readonly NumericArray[], layouts: readonly BufferLayout[], rows: number): NdArray | NdArray[] {
  const list = layouts.map(({ dtype, size }, i) => toNdArray(dtype, [rows, size], arrays[i] ?? new Uint8Array()));
  const [only] = list;
  return list.length === 1 && only !== undefined ? only : list;
}

/** Builds the replies of one session out of its slab. Arrays are borrowed: encode before the next step. */
export class StepReply {
  readonly #slab: Slab;
  readonly #session: string;
  /** Columns of `terms` to send; null: all. */
  readonly #columns: readonly number[] | null;
  readonly #everyRow: Uint32Array;
  #plain: PlainStep | null = null;

  constructor(slab: Slab, session: string, columns: readonly number[] | null) {
    this.#slab = slab;
    this.#session = session;
    this.#columns = columns;
    this.#everyRow = Uint32Array.from({ length: slab.shape.rows }, (_, row) => row);
  }

  /** Reply of env.reset: all rows, whether they were reset or not. */
  reset(k: number): Body {
    const { obs, shape } = this.#slab;
    const terms = this.#allTerms(this.#slab.terms, shape.rows);
    return { t: "env.reset.ok", s: this.#session, k, obs: wire(obs, shape.obs, shape.rows), terms };
  }

  /** Reply of env.step for these rows (null: all). */
  step(k: number, rows: Uint32Array | null): Body | PlainStep {
    const list = rows ?? this.#everyRow;
    let any = 0;
    const { flags } = this.#slab;
    for (const row of list) any |= flags[row] ?? 0;
    const eventful = (any & (ENDED | FAILED | TERMINATED | TRUNCATED)) !== 0;
    if (rows === null && !eventful && !this.#picksColumns) return this.#plainStep(k);
    const body = rows === null ? this.#wholeStep(k) : this.#partStep(k, rows);
    if (eventful) this.#addEvents(body, list, any);
    return body;
  }

  /** Columns of the terms are copied for each reply, so its arrays are no views. */
  get #picksColumns(): boolean {
    return this.#columns !== null && this.#columns.length > 0;
  }

  /** Its flags are 0 by definition, the other arrays are views of the slab. */
  #plainStep(k: number): PlainStep {
    this.#plain ??= new PlainStep(this.#wholeStep(k));
    this.#plain.k = k;
    return this.#plain;
  }

  #wholeStep(k: number): Body {
    const { obs, reward, terms, flags, shape } = this.#slab;
    const n = shape.rows;
    const body: Body = { t: "env.step.ok", s: this.#session, k, obs: wire(obs, shape.obs, n) };
    body["rew"] = toNdArray("<f8", [n], reward);
    return this.#addFlags(body, flags, this.#terms(terms, n), n);
  }

  #partStep(k: number, rows: Uint32Array): Body {
    const { obs, reward, terms, flags, shape } = this.#slab;
    const n = rows.length;
    const body: Body = {
      t: "env.step.ok",
      s: this.#session,
      k,
      obs: wire(takeBuffers(obs, shape.obs, rows), shape.obs, n),
    };
    body["rew"] = toNdArray("<f8", [n], takeRows(reward, rows, 1, new Float64Array(n)));
    body["env_ids"] = toNdArray("<u4", [n], rows);
    const taken = takeRows(flags, rows, 1, new Uint8Array(n));
    return this.#addFlags(body, taken, this.#terms(takeTerms(terms, shape.terms, rows), n), n);
  }

  #addFlags(body: Body, flags: Uint8Array, terms: NdArray | undefined, n: number): Body {
    const terminated = new Uint8Array(n);
    const truncated = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      const flag = flags[i] ?? 0;
      terminated[i] = flag & TERMINATED;
      truncated[i] = (flag & TRUNCATED) >> 1;
    }
    body["term"] = bool(terminated);
    body["trunc"] = bool(truncated);
    if (terms !== undefined) body["terms"] = terms;
    return body;
  }

  /** final, ep and errors: only in the steps that have them. */
  #addEvents(body: Body, rows: Uint32Array, any: number): void {
    const slab = this.#slab;
    const { shape } = slab;
    const finished = shape.final ? rowsWith(slab, TERMINATED | TRUNCATED, rows) : new Uint32Array();
    if (finished.length > 0) {
      const count = finished.length;
      body["final"] = {
        mask: this.#mask(rows, TERMINATED | TRUNCATED),
        obs: wire(takeBuffers(slab.finalObs, shape.obs, finished), shape.obs, count),
        terms: this.#allTerms(takeTerms(slab.finalTerms, shape.terms, finished), count),
      };
    }
    if ((any & ENDED) !== 0) {
      const ended = rowsWith(slab, ENDED, rows);
      const count = ended.length;
      body["ep"] = {
        mask: this.#mask(rows, ENDED),
        r: toNdArray("<f8", [count], takeRows(slab.returns, ended, 1, new Float64Array(count))),
        l: toNdArray("<u4", [count], takeRows(slab.lengths, ended, 1, new Uint32Array(count))),
      };
    }
    const errors = (any & FAILED) === 0 ? null : errorsOf(slab, rows);
    if (errors !== null) body["errors"] = Object.fromEntries(errors);
  }

  #mask(rows: Uint32Array, bits: number): NdArray {
    const { flags } = this.#slab;
    return bool(Uint8Array.from(rows, (row) => (((flags[row] ?? 0) & bits) === 0 ? 0 : 1)));
  }

  /** Absent where the client asked for none. */
  #terms(terms: Float64Array, rows: number): NdArray | undefined {
    return this.#columns?.length === 0 ? undefined : this.#allTerms(terms, rows);
  }

  #allTerms(terms: Float64Array, rows: number): NdArray {
    const columns = this.#columns;
    const width = this.#slab.shape.terms;
    if (columns === null) return { dtype: "<f8", shape: [rows, width], data: bytesBorrow(terms) };
    const picked = new Float64Array(rows * columns.length);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < columns.length; c++)
        picked[row * columns.length + c] = terms[row * width + (columns[c] ?? 0)] ?? 0;
    }
    return toNdArray("<f8", [rows, columns.length], picked);
  }
}
