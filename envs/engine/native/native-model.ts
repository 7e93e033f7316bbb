import { MyoError } from "../../../protocol/errors.ts";
import type { ModelFloat, ModelInt, ModelOption, ModelSizes, ObjectType } from "../physics.ts";
import type { RawData, RawModel, Stage } from "../raw.ts";
import { constantOf, OBJECTS, type NativeContext, type Pointer } from "./library.ts";
import { BufferView, StructView, type NumberArray } from "./memory.ts";
import { makeData, NativeData } from "./native-data.ts";

/**
 * A full arena is a warning, but a stack that finds no room in the same memory ends the process. The memory costs
 * nothing until it is used, so there is more of it than the model asks for.
 */
const ARENA_FACTOR = 8n;

/** mjModel of the library. */
export class NativeModel implements RawModel {
  readonly sizes: ModelSizes;
  readonly timestep: number;
  readonly stateSize: number;
  readonly #context: NativeContext;
  readonly #struct: StructView;
  readonly #buffer: BufferView;
  readonly #disableFlags: Int32Array;
  readonly #disable: Readonly<Record<Stage, number>>;
  readonly #meanInertia: Float64Array;
  readonly #arrays = new Map<string, NumberArray>();
  readonly #rows = new Set<NativeData>();
  /** null once it is closed. */
  #model: Pointer | null;
  /** mj_setConst computes in an mjData and leaves it spoiled. */
  #scratch: Pointer | null = null;

  constructor(context: NativeContext, model: Pointer) {
    const { library, layout, map } = context;
    const struct = new StructView(map, model, layout.model);
    this.#context = context;
    this.#model = model;
    this.#struct = struct;
    this.#buffer = new BufferView(map, struct, layout.modelArrays, this.size, struct.number("nbuffer"));
    this.#disableFlags = struct.array("opt.disableflags") as Int32Array;
    const flagOf = (stage: Stage): number => constantOf(layout, `mjDSBL_${stage}`);
    this.#disable = {
      ACTUATION: flagOf("ACTUATION"),
      SENSOR: flagOf("SENSOR"),
      MIDPHASE: flagOf("MIDPHASE"),
      // Where it has no flag to turn them off, a version has islands off.
      ISLAND: layout.constants["mjDSBL_ISLAND"] ?? 0,
    };
    this.#meanInertia = struct.array("stat.meaninertia") as Float64Array;
    const enableFlags = struct.array("opt.enableflags") as Int32Array;
    enableFlags[0] = (enableFlags[0] ?? 0) & ~constantOf(layout, "mjENBL_ENERGY");
    const arena = struct.array("narena") as BigInt64Array;
    arena[0] = (arena[0] ?? 0n) * ARENA_FACTOR;
    this.sizes = sizesOf(this.size);
    this.timestep = struct.number("opt.timestep");
    this.stateSize = library.stateSize(model, context.stateSignature);
  }

  /** A size by its name in mjModel. */
  readonly size = (name: string): number => this.#struct.number(name);

  get meanInertia(): number {
    this.#open();
    return this.#meanInertia[0] ?? 0;
  }

  set meanInertia(value: number) {
    this.#open();
    this.#meanInertia[0] = value;
  }

  floats(field: ModelFloat): Float64Array | Float32Array {
    return this.#array(field) as Float64Array | Float32Array;
  }

  ints(field: ModelInt): Int32Array | Uint8Array {
    return this.#array(field) as Int32Array | Uint8Array;
  }

  id(type: ObjectType, name: string): number {
    return this.#context.library.nameToId(this.#open(), this.#objectType(type), name);
  }

  name(type: ObjectType, id: number): string {
    return this.#context.library.idToName(this.#open(), this.#objectType(type), id) ?? "";
  }

  count(type: ObjectType): number {
    this.#open();
    return this.size(OBJECTS[type].size);
  }

  disable(stage: Stage, disabled: boolean): void {
    this.#open();
    const flag = this.#disable[stage];
    const flags = this.#disableFlags[0] ?? 0;
    this.#disableFlags[0] = disabled ? flags | flag : flags & ~flag;
  }

  option(name: ModelOption): number {
    this.#open();
    return this.#struct.number(`opt.${name}`);
  }

  setOption(name: ModelOption, value: number): void {
    this.#open();
    this.#struct.array(`opt.${name}`)[0] = value;
  }

  setConst(): void {
    const model = this.#open();
    this.#scratch ??= makeData(this.#context, model);
    this.#context.library.setConst(model, this.#scratch);
  }

  createData(): RawData {
    const close = (row: NativeData): boolean => this.#rows.delete(row);
    const row = new NativeData(this.#context, this.#open(), this.size, this.stateSize, close);
    this.#rows.add(row);
    return row;
  }

  /** Rows that are still open are closed too: they would compute with freed memory. */
  dispose(): void {
    if (this.#model === null) return;
    for (const row of [...this.#rows]) row.dispose();
    const { library } = this.#context;
    if (this.#scratch !== null) library.deleteData(this.#scratch);
    library.deleteModel(this.#model);
    this.#arrays.clear();
    this.#model = null;
  }

  #array(field: string): NumberArray {
    this.#open();
    let array = this.#arrays.get(field);
    if (array === undefined) {
      array = this.#buffer.array(field);
      this.#arrays.set(field, array);
    }
    return array;
  }

  #objectType(type: ObjectType): number {
    return constantOf(this.#context.layout, OBJECTS[type].constant);
  }

  #open(): Pointer {
    if (this.#model === null) throw new MyoError("NOT_FOUND", "The model is closed; load it again.");
    return this.#model;
  }
}

function sizesOf(size: (name: string) => number): ModelSizes {
  return {
    nq: size("nq"),
    nv: size("nv"),
    nu: size("nu"),
    na: size("na"),
    nbody: size("nbody"),
    njnt: size("njnt"),
    ngeom: size("ngeom"),
    nsite: size("nsite"),
    nkey: size("nkey"),
    nmocap: size("nmocap"),
    nsensordata: size("nsensordata"),
    ntendon: size("ntendon"),
  };
}
