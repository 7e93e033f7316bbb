import type { Model, ModelFloat, ModelInt, ModelSizes, ObjectType, Physics, PhysicsOptions } from "./physics.ts";
import type { RawModel } from "./raw.ts";
import { RowPhysics } from "./row-physics.ts";

/** One row's own values of shared model fields. */
export interface RowEdits {
  readonly fields: Map<ModelFloat, Float64Array | Float32Array>;
  /** kg m², null where it is the model's. */
  meanInertia: number | null;
}

/** What mj_setConst recomputes and mj_step reads. */
const DERIVED_FIELDS = [
  "body_subtreemass",
  "body_invweight0",
  "dof_M0",
  "dof_invweight0",
  "tendon_length0",
  "tendon_invweight0",
  "actuator_acc0",
  "actuator_length0",
] as const satisfies readonly ModelFloat[];

function equal(a: Float64Array | Float32Array, b: Float64Array | Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A compiled model with the rows' edits swapped in and out. */
export class SharedModel implements Model {
  readonly #raw: RawModel;
  readonly #release: () => void;
  /** The text fixes stat.meaninertia: mj_setConst must not change it. */
  readonly #fixedMeanInertia: boolean;
  /** Values without edits of every field that some row has edited. */
  readonly #base = new Map<ModelFloat, Float64Array | Float32Array>();
  #baseMeanInertia: number | null = null;
  #active: RowEdits | null = null;
  #sensorsOn = true;

  constructor(raw: RawModel, fixedMeanInertia: boolean, release: () => void) {
    this.#raw = raw;
    this.#fixedMeanInertia = fixedMeanInertia;
    this.#release = release;
  }

  get sizes(): ModelSizes {
    return this.#raw.sizes;
  }

  get timestep(): number {
    return this.#raw.timestep;
  }

  get stateSize(): number {
    return this.#raw.stateSize;
  }

  floatsBorrow(field: ModelFloat): Float64Array | Float32Array {
    this.use(null);
    return this.#raw.floats(field);
  }

  intsBorrow(field: ModelInt): Int32Array | Uint8Array {
    return this.#raw.ints(field);
  }

  id(type: ObjectType, name: string): number {
    return this.#raw.id(type, name);
  }

  name(type: ObjectType, id: number): string {
    return this.#raw.name(type, id);
  }

  count(type: ObjectType): number {
    return this.#raw.count(type);
  }

  setConst(): void {
    this.use(null);
    const meanInertia = this.#raw.meanInertia;
    this.#raw.setConst();
    if (this.#fixedMeanInertia) this.#raw.meanInertia = meanInertia;
  }

  createPhysics(options: PhysicsOptions): Physics {
    return new RowPhysics(this, this.#raw.createData(), options);
  }

  /** Let the model have a row's values, null for none; free where they are in place. */
  use(edits: RowEdits | null): void {
    const active = this.#active;
    if (edits === active) return;
    for (const [field, base] of this.#base) {
      const next = edits?.fields.get(field) ?? base;
      if (next !== (active?.fields.get(field) ?? base)) this.#raw.floats(field).set(next);
    }
    if (this.#baseMeanInertia !== null) this.#raw.meanInertia = edits?.meanInertia ?? this.#baseMeanInertia;
    this.#active = edits;
  }

  /** A copy of the unedited values to write into. */
  copyOfBase(field: ModelFloat): Float64Array | Float32Array {
    return this.#baseOf(field).slice();
  }

  /** Values that a row has written anew take effect, and with `setConst` what follows from them. */
  commit(edits: RowEdits, setConst: boolean): void {
    this.use(null);
    if (setConst) for (const field of DERIVED_FIELDS) this.#baseOf(field);
    this.#baseMeanInertia ??= this.#raw.meanInertia;
    this.use(edits);
    if (setConst) this.#derive(edits, this.#baseMeanInertia);
  }

  sensors(on: boolean): void {
    if (this.#sensorsOn === on) return;
    this.#raw.disableSensors(!on);
    this.#sensorsOn = on;
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /** Free the library's memory: called when nothing holds the model any more. */
  destroy(): void {
    this.#raw.dispose();
  }

  #baseOf(field: ModelFloat): Float64Array | Float32Array {
    let base = this.#base.get(field);
    if (base === undefined) {
      base = this.floatsBorrow(field).slice();
      this.#base.set(field, base);
    }
    return base;
  }

  #derive(edits: RowEdits, baseMeanInertia: number): void {
    const before = this.#raw.meanInertia;
    this.#raw.setConst();
    if (this.#fixedMeanInertia) this.#raw.meanInertia = before;
    for (const field of DERIVED_FIELDS) {
      const now = this.#raw.floats(field);
      const base = this.#base.get(field);
      if (base !== undefined && equal(now, base)) edits.fields.delete(field);
      else edits.fields.set(field, now.slice());
    }
    const meanInertia = this.#raw.meanInertia;
    edits.meanInertia = meanInertia === baseMeanInertia ? null : meanInertia;
  }
}
