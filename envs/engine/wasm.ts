import { readFileSync } from "node:fs";
import { posix } from "node:path";
import loadMujoco, { type MainModule, type MjData, type MjModel } from "mujoco-js";
import { MyoError } from "../../protocol/errors.ts";
import { createEngine } from "./engine.ts";
import type { Engine, ModelFloat, ModelInt, ModelOption, ModelSizes, ModelSource, ObjectType } from "./physics.ts";
import {
  WARNINGS,
  WARNINGS_IN_ORDER,
  type Constraints,
  type DataViews,
  type RawData,
  type RawEngine,
  type RawModel,
  type Stage,
} from "./raw.ts";

/** mjSTATE_INTEGRATION: everything mj_step reads, warm start included. */
const STATE_INTEGRATION = 8191;
/** mjtDisableBit */
const DISABLE: Readonly<Record<Stage, number>> = {
  ACTUATION: 1 << 11,
  SENSOR: 1 << 13,
  MIDPHASE: 1 << 14,
  ISLAND: 1 << 18,
};
/** mjENBL_ENERGY */
const ENABLE_ENERGY = 2;
/** mjtObj */
const OBJECT_TYPES: Readonly<Record<ObjectType, number>> = {
  body: 1,
  joint: 3,
  geom: 5,
  site: 6,
  mesh: 10,
  hfield: 12,
  tendon: 18,
  actuator: 19,
  sensor: 20,
  key: 24,
};
const WARNING_INTS = 2 * WARNINGS.length;
/** mjData.warning follows `mjtNum solver_fwdinv[2]`; checked on a probe when the module is loaded. */
const WARNING_OFFSET = 16;
const BAD_QVEL = 5;

/** What the library prints is kept for the sentence of a failed load. */
interface Printed {
  readonly lines: string[];
}

const f8 = (view: unknown): Float64Array => view as Float64Array;

function sizesOf(m: MjModel): ModelSizes {
  const { nq, nv, nu, na, nbody, njnt, ngeom, nsite, nkey, nmocap, nsensordata, ntendon } = m;
  return { nq, nv, nu, na, nbody, njnt, ngeom, nsite, nkey, nmocap, nsensordata, ntendon };
}

class WasmData implements RawData {
  readonly #module: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #state: InstanceType<MainModule["DoubleBuffer"]>;

  constructor(module: MainModule, model: MjModel, state: InstanceType<MainModule["DoubleBuffer"]>) {
    this.#module = module;
    this.#model = model;
    this.#state = state;
    this.#data = createHandle(() => new module.MjData(model));
  }

  get time(): number {
    return this.#data.time;
  }

  set time(value: number) {
    this.#data.time = value;
  }

  get ncon(): number {
    return this.#data.ncon;
  }

  contactGeoms(out: Int32Array): void {
    const contacts = this.#data.contact;
    for (let i = 0; 2 * i < out.length; i++) {
      const contact = contacts.get(i);
      out[2 * i] = contact?.geom1 ?? -1;
      out[2 * i + 1] = contact?.geom2 ?? -1;
      contact?.delete();
    }
    contacts.delete();
  }

  constraintsBorrow(): Constraints {
    const d = this.#data;
    return { type: d.efc_type as Int32Array, id: d.efc_id as Int32Array, force: f8(d.efc_force) };
  }

  views(): DataViews {
    const d = this.#data;
    const fwdinv = f8(d.solver_fwdinv);
    return {
      qpos: f8(d.qpos),
      qvel: f8(d.qvel),
      act: f8(d.act),
      ctrl: f8(d.ctrl),
      qaccWarmstart: f8(d.qacc_warmstart),
      mocapPos: f8(d.mocap_pos),
      mocapQuat: f8(d.mocap_quat),
      xpos: f8(d.xpos),
      xquat: f8(d.xquat),
      xmat: f8(d.xmat),
      xipos: f8(d.xipos),
      ximat: f8(d.ximat),
      cvel: f8(d.cvel),
      siteXpos: f8(d.site_xpos),
      siteXmat: f8(d.site_xmat),
      geomXpos: f8(d.geom_xpos),
      actuatorLength: f8(d.actuator_length),
      actuatorVelocity: f8(d.actuator_velocity),
      actuatorForce: f8(d.actuator_force),
      sensordata: f8(d.sensordata),
      cfrcExt: f8(d.cfrc_ext),
      warnings: new Int32Array(fwdinv.buffer, fwdinv.byteOffset + WARNING_OFFSET, WARNING_INTS),
      warningAt: WARNINGS_IN_ORDER,
    };
  }

  step(): void {
    this.#module.mj_step(this.#model, this.#data);
  }

  step1(): void {
    this.#module.mj_step1(this.#model, this.#data);
  }

  step2(): void {
    this.#module.mj_step2(this.#model, this.#data);
  }

  forward(): void {
    this.#module.mj_forward(this.#model, this.#data);
  }

  observe(): void {
    this.#module.mj_fwdPosition(this.#model, this.#data);
    this.#module.mj_fwdVelocity(this.#model, this.#data);
    this.#module.mj_fwdActuation(this.#model, this.#data);
  }

  kinematics(): void {
    this.#module.mj_kinematics(this.#model, this.#data);
  }

  rnePostConstraint(): void {
    this.#module.mj_rnePostConstraint(this.#model, this.#data);
  }

  resetData(): void {
    this.#module.mj_resetData(this.#model, this.#data);
  }

  resetKeyframe(key: number): void {
    this.#module.mj_resetDataKeyframe(this.#model, this.#data, key);
  }

  getState(out: Float64Array): void {
    // A typed array passed to mj_getState is copied in and never written back: go through a buffer of the module.
    this.#module.mj_getState(this.#model, this.#data, this.#state, STATE_INTEGRATION);
    out.set(f8(this.#state.GetView()));
  }

  setState(state: Float64Array): void {
    this.#module.mj_setState(this.#model, this.#data, state as unknown as number[], STATE_INTEGRATION);
  }

  dispose(): void {
    this.#data.delete();
  }
}

class WasmModel implements RawModel {
  readonly sizes: ModelSizes;
  readonly timestep: number;
  readonly stateSize: number;
  readonly #module: MainModule;
  readonly #model: MjModel;
  readonly #option: MjModel["opt"];
  readonly #stat: MjModel["stat"];
  readonly #state: InstanceType<MainModule["DoubleBuffer"]>;
  /** mj_setConst computes in an mjData and leaves it spoiled. */
  #scratch: MjData | null = null;

  constructor(module: MainModule, model: MjModel) {
    this.#module = module;
    this.#model = model;
    this.#option = model.opt;
    this.#stat = model.stat;
    this.#option.enableflags &= ~ENABLE_ENERGY;
    this.sizes = sizesOf(model);
    this.timestep = this.#option.timestep;
    this.stateSize = module.mj_stateSize(model, STATE_INTEGRATION);
    this.#state = new module.DoubleBuffer(this.stateSize);
  }

  get meanInertia(): number {
    return this.#stat.meaninertia;
  }

  set meanInertia(value: number) {
    this.#stat.meaninertia = value;
  }

  floats(field: ModelFloat): Float64Array | Float32Array {
    return this.#model[field] as Float64Array | Float32Array;
  }

  ints(field: ModelInt): Int32Array | Uint8Array {
    return this.#model[field] as Int32Array | Uint8Array;
  }

  id(type: ObjectType, name: string): number {
    return this.#module.mj_name2id(this.#model, OBJECT_TYPES[type], name);
  }

  name(type: ObjectType, id: number): string {
    return this.#module.mj_id2name(this.#model, OBJECT_TYPES[type], id);
  }

  count(type: ObjectType): number {
    const m = this.#model;
    const counts: Readonly<Record<ObjectType, number>> = {
      body: m.nbody,
      joint: m.njnt,
      geom: m.ngeom,
      site: m.nsite,
      actuator: m.nu,
      tendon: m.ntendon,
      sensor: m.nsensor,
      key: m.nkey,
      mesh: m.nmesh,
      hfield: m.nhfield,
    };
    return counts[type];
  }

  disable(stage: Stage, disabled: boolean): void {
    const flags = this.#option.disableflags;
    this.#option.disableflags = disabled ? flags | DISABLE[stage] : flags & ~DISABLE[stage];
  }

  option(name: ModelOption): number {
    return this.#option[name];
  }

  setOption(name: ModelOption, value: number): void {
    this.#option[name] = value;
  }

  setConst(): void {
    this.#scratch ??= createHandle(() => new this.#module.MjData(this.#model));
    this.#module.mj_setConst(this.#model, this.#scratch);
  }

  createData(): RawData {
    return new WasmData(this.#module, this.#model, this.#state);
  }

  dispose(): void {
    this.#scratch?.delete();
    this.#state.delete();
    this.#stat.delete();
    this.#option.delete();
    this.#model.delete();
  }
}

/** The C++ exception types of MuJoCo's compiler begin with their message. */
function exceptionText(module: MainModule, error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("excPtr" in error)) return null;
  const probe = new module.DoubleBuffer(1);
  const heap = new Uint8Array(f8(probe.GetView()).buffer, Number(error.excPtr), 500);
  const text = new TextDecoder().decode(heap.slice(0, Math.max(0, heap.indexOf(0))));
  probe.delete();
  return /^[\x20-\x7e\s]+$/.test(text) ? text : null;
}

function createHandle<T>(make: () => T): T {
  try {
    return make();
  } catch {
    throw new MyoError(
      "CAPACITY",
      "The 2 GB of memory of this worker's wasm module are used up; close sessions, make fewer environments or start the server with more workers.",
    );
  }
}

function mount(module: MainModule, directory: string, source: ModelSource): string[] {
  const written: string[] = [];
  const write = (name: string, data: string | Uint8Array): void => {
    const path = posix.join(directory, name);
    module.FS.mkdirTree(posix.dirname(path), 0o777);
    module.FS.writeFile(path, data);
    written.push(path);
  };
  for (const file of source.files) write(file.name, readFileSync(file.path));
  write("model.xml", source.xml);
  return written;
}

class WasmEngine implements RawEngine {
  readonly id = "wasm";
  readonly version: string;
  readonly #module: MainModule;
  readonly #printed: Printed;

  constructor(module: MainModule, printed: Printed) {
    this.#module = module;
    this.#printed = printed;
    this.version = module.mj_versionString();
  }

  compile(source: ModelSource): RawModel {
    this.#printed.lines.length = 0;
    const written = mount(this.#module, "/model", source);
    let model: MjModel | null = null;
    let reason: string | null = null;
    try {
      // The declaration does not say so, but a text that is no XML yields null.
      model = this.#module.MjModel.loadFromXML("/model/model.xml");
    } catch (error) {
      reason = exceptionText(this.#module, error) ?? String(error);
    } finally {
      for (const path of written) this.#module.FS.unlink(path);
    }
    if (model !== null) return new WasmModel(this.#module, model);
    const sentence = (reason ?? this.#printed.lines.join(" ")).replace(/\s+/g, " ").trim();
    throw new MyoError("INTERNAL", `The model "${source.key}" does not compile in MuJoCo ${this.version}: ${sentence}`);
  }

  dispose(): void {
    this.#printed.lines.length = 0;
  }
}

const PROBE_XML = `<mujoco><worldbody><body><joint/><geom size="1"/></body></worldbody></mujoco>`;

/** Provokes one warning: a counter elsewhere means that mjData is laid out differently. */
function assertWarningLayout(engine: RawEngine): void {
  const model = engine.compile({ key: "layout probe", xml: PROBE_XML, files: [] });
  const data = model.createData();
  data.views().qvel[0] = NaN;
  data.step();
  const counts = data.views().warnings.filter((_, i) => i % 2 === 1);
  data.dispose();
  model.dispose();
  if (counts.some((count, i) => count !== (i === BAD_QVEL ? 1 : 0))) {
    throw new MyoError("INTERNAL", `mujoco-js ${engine.version} lays out mjData unexpectedly; install version 0.0.7.`);
  }
}

/** The bare library, for tests that compare with it. */
export async function createWasmRaw(): Promise<RawEngine> {
  const printed: Printed = { lines: [] };
  const keep = (line: string): void => {
    if (printed.lines.push(line) > 20) printed.lines.shift();
  };
  const module = await loadMujoco({ print: keep, printErr: keep });
  const engine = new WasmEngine(module, printed);
  assertWarningLayout(engine);
  return engine;
}

/** MuJoCo compiled to WebAssembly (npm `mujoco-js`), one module instance per call. */
export async function createWasmEngine(): Promise<Engine> {
  return createEngine(await createWasmRaw());
}
