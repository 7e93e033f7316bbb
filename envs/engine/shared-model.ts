import {
  EDITABLE_INTS,
  type EditableInt,
  type FieldValues,
  type Model,
  type ModelField,
  type ModelFloat,
  type ModelInt,
  type ModelOption,
  type ModelSizes,
  type ObjectType,
  type Physics,
  type PhysicsOptions,
} from "./physics.ts";
import type { RawModel } from "./raw.ts";
import type { PartCompiler } from "./refresh-body.ts";
import { RowPhysics } from "./row-physics.ts";

/** One row's own values of shared model fields. */
export interface RowEdits {
  readonly fields: Map<ModelField, FieldValues>;
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

const isInt = (field: string): field is EditableInt => (EDITABLE_INTS as readonly string[]).includes(field);

function equal(a: FieldValues, b: FieldValues): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A compiled model with the rows' edits swapped in and out. */
export class SharedModel implements Model {
  /** Compiles a body alone under this model's compiler settings. */
  readonly compilePart: PartCompiler;
  readonly #raw: RawModel;
  readonly #release: () => void;
  /** The text fixes stat.meaninertia: mj_setConst must not change it. */
  readonly #fixedMeanInertia: boolean;
  /** Values without edits of every field that some row has edited. */
  readonly #base = new Map<ModelField, FieldValues>();
  #baseMeanInertia: number | null = null;
  #active: RowEdits | null = null;
  #sensorsOn = true;

  constructor(raw: RawModel, fixedMeanInertia: boolean, compilePart: PartCompiler, release: () => void) {
    this.#raw = raw;
    this.compilePart = compilePart;
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
    if (isInt(field)) this.use(null);
    return this.#raw.ints(field);
  }

  fieldLength(field: ModelField): number {
    return this.#values(field).length;
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

  option(name: ModelOption): number {
    return this.#raw.option(name);
  }

  setOption(name: ModelOption, value: number): void {
    this.#raw.setOption(name, value);
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
      if (next !== (active?.fields.get(field) ?? base)) this.#values(field).set(next);
    }
    if (this.#baseMeanInertia !== null) this.#raw.meanInertia = edits?.meanInertia ?? this.#baseMeanInertia;
    this.#active = edits;
  }

  /** A copy of the unedited values to write into. */
  copyOfBase(field: ModelField): FieldValues {
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
    this.#raw.disable("SENSOR", !on);
    this.#sensorsOn = on;
  }

  actuation(on: boolean): void {
    this.#raw.disable("ACTUATION", !on);
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /** Free the library's memory: called when nothing holds the model any more. */
  destroy(): void {
    this.#raw.dispose();
  }

  #values(field: ModelField): FieldValues {
    return isInt(field) ? this.#raw.ints(field) : this.#raw.floats(field);
  }

  #baseOf(field: ModelField): FieldValues {
    let base = this.#base.get(field);
    if (base === undefined) {
      this.use(null);
      base = this.#values(field).slice();
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
