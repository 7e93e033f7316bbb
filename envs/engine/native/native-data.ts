import { MyoError } from "../../../protocol/errors.ts";
import type { Constraints, DataViews, RawData } from "../raw.ts";
import { constantOf, type NativeContext, type Pointer } from "./library.ts";
import { Arena } from "./arena.ts";
import { BufferView, StructView, type NumberArray } from "./memory.ts";

const f8 = (array: NumberArray): Float64Array => array as Float64Array;

/** mjData of the library; closed rows throw instead of touching freed memory. */
export class NativeData implements RawData {
  readonly #context: NativeContext;
  readonly #model: Pointer;
  readonly #stateSize: number;
  readonly #onDispose: (data: NativeData) => void;
  readonly #views: DataViews;
  readonly #time: Float64Array;
  readonly #ncon: NumberArray;
  readonly #arena: Arena;
  /** null once it is closed. */
  #data: Pointer | null;

  constructor(
    context: NativeContext,
    model: Pointer,
    size: (name: string) => number,
    stateSize: number,
    onDispose: (data: NativeData) => void,
  ) {
    const data = makeData(context, model);
    const { struct, buffer } = dataMemory(context, data, size);
    this.#context = context;
    this.#model = model;
    this.#stateSize = stateSize;
    this.#onDispose = onDispose;
    this.#data = data;
    this.#time = f8(struct.array("time"));
    this.#ncon = struct.array("ncon");
    this.#arena = new Arena(context, data, struct);
    this.#views = viewsOf(context, struct, buffer);
  }

  get time(): number {
    this.#open();
    return this.#time[0] ?? 0;
  }

  set time(value: number) {
    this.#open();
    this.#time[0] = value;
  }

  get ncon(): number {
    this.#open();
    return Number(this.#ncon[0]);
  }

  contactGeoms(out: Int32Array): void {
    this.#open();
    this.#arena.contactGeoms(out);
  }

  constraintsBorrow(): Constraints {
    this.#open();
    return this.#arena.constraints();
  }

  views(): DataViews {
    this.#open();
    return this.#views;
  }

  step(): void {
    this.#context.library.step(this.#model, this.#open());
  }

  step1(): void {
    this.#context.library.step1(this.#model, this.#open());
  }

  step2(): void {
    this.#context.library.step2(this.#model, this.#open());
  }

  forward(): void {
    this.#context.library.forward(this.#model, this.#open());
  }

  observe(): void {
    const { library } = this.#context;
    const data = this.#open();
    library.fwdPosition(this.#model, data);
    library.fwdVelocity(this.#model, data);
    library.fwdActuation(this.#model, data);
  }

  kinematics(): void {
    this.#context.library.kinematics(this.#model, this.#open());
  }

  rnePostConstraint(): void {
    this.#context.library.rnePostConstraint(this.#model, this.#open());
  }

  resetData(): void {
    this.#context.library.resetData(this.#model, this.#open());
  }

  resetKeyframe(key: number): void {
    this.#context.library.resetDataKeyframe(this.#model, this.#open(), key);
  }

  getState(out: Float64Array): void {
    this.#checkState(out);
    this.#context.library.getState(this.#model, this.#open(), out, this.#context.stateSignature);
  }

  setState(state: Float64Array): void {
    this.#checkState(state);
    this.#context.library.setState(this.#model, this.#open(), state, this.#context.stateSignature);
  }

  dispose(): void {
    if (this.#data === null) return;
    this.#context.library.deleteData(this.#data);
    this.#data = null;
    this.#onDispose(this);
  }

  #open(): Pointer {
    if (this.#data === null) throw new MyoError("NOT_FOUND", "The row is closed; make another environment.");
    return this.#data;
  }

  /** The library reads or writes as many numbers as the state has, however long the array is. */
  #checkState(state: Float64Array): void {
    if (state.length === this.#stateSize) return;
    throw new MyoError(
      "BAD_OPTIONS",
      `A state of this model has ${this.#stateSize} numbers, but ${state.length} came; take one from stateSize().`,
    );
  }
}

/** @throws MyoError CAPACITY where the memory is used up. */
export function makeData({ library }: NativeContext, model: Pointer): Pointer {
  const data = library.makeData(model);
  if (data !== null) return data;
  throw new MyoError("CAPACITY", "There is no memory left for another row; close sessions or make fewer environments.");
}

/** mjData from its warnings on (before them lie 0.16 MB of solver statistics), and its arrays. */
export function dataMemory(
  { map, layout }: NativeContext,
  data: Pointer,
  size: (name: string) => number,
): { readonly struct: StructView; readonly buffer: BufferView } {
  const { fields } = layout.data;
  const struct = new StructView(map, data, layout.data, fields["warning"]?.offset ?? 0);
  const bufferSize = fields["nbuffer"]?.offset ?? 0;
  const bytes = new StructView(map, data, layout.data, bufferSize, bufferSize + 8).number("nbuffer");
  return { struct, buffer: new BufferView(map, struct, layout.dataArrays, size, bytes) };
}

function viewsOf({ layout, warningAt }: NativeContext, struct: StructView, buffer: BufferView): DataViews {
  const array = (name: string): Float64Array => f8(buffer.array(name));
  return {
    qpos: array("qpos"),
    qvel: array("qvel"),
    act: array("act"),
    ctrl: array("ctrl"),
    qaccWarmstart: array("qacc_warmstart"),
    mocapPos: array("mocap_pos"),
    mocapQuat: array("mocap_quat"),
    xpos: array("xpos"),
    xquat: array("xquat"),
    xmat: array("xmat"),
    xipos: array("xipos"),
    ximat: array("ximat"),
    cvel: array("cvel"),
    siteXpos: array("site_xpos"),
    siteXmat: array("site_xmat"),
    geomXpos: array("geom_xpos"),
    actuatorLength: array("actuator_length"),
    actuatorVelocity: array("actuator_velocity"),
    actuatorForce: array("actuator_force"),
    sensordata: array("sensordata"),
    cfrcExt: array("cfrc_ext"),
    warnings: struct.intsOfStructs("warning", 2 * constantOf(layout, "mjNWARNING")),
    warningAt,
  };
}
