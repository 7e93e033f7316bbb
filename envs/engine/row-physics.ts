import type {
  BodyRefresh,
  EditableInt,
  FieldValues,
  ModelField,
  ModelFloat,
  Physics,
  PhysicsOptions,
} from "./physics.ts";
import { LIMIT_JOINT, WARNINGS, type DataViews, type RawData } from "./raw.ts";
import { refreshBody } from "./refresh-body.ts";
import type { RowEdits, SharedModel } from "./shared-model.ts";

/** mjMAXVAL: beyond it MuJoCo calls a state bad and resets it. */
const MAX_VALUE = 1e10;
/** Indices of `WARNINGS` that spoil a simulation: full arenas, bad states, bad controls. */
const FAULTS = [1, 2, 4, 5, 6, 7] as const;
/** From here on the counter's info is the index of the bad element. */
const FIRST_BAD_ELEMENT = 4;

function isBad(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i] ?? 0) <= MAX_VALUE)) return true;
  return false;
}

/** mjINT_RK4 */
const RUNGE_KUTTA = 1;

/** `Physics` over any library: what is done how often, with which model values. */
export class RowPhysics implements Physics {
  readonly model: SharedModel;
  readonly #raw: RawData;
  readonly #sensors: boolean;
  readonly #warmstart: Float64Array;
  readonly #takesOver: boolean;
  /** null once the row is closed: a library may unmap what it frees. */
  #views: DataViews | null;
  #fresh = false;
  #edits: RowEdits | null = null;
  #applied: RowEdits | null = null;
  #contactGeoms = new Int32Array(0);

  constructor(model: SharedModel, raw: RawData, options: PhysicsOptions) {
    this.model = model;
    this.#raw = raw;
    this.#sensors = options.sensors;
    this.#views = raw.views();
    this.#warmstart = new Float64Array(model.sizes.nv);
    this.#takesOver = model.option("integrator") !== RUNGE_KUTTA;
  }

  get time(): number {
    return this.#raw.time;
  }
  set time(value: number) {
    this.#raw.time = value;
  }
  get ncon(): number {
    return this.#raw.ncon;
  }
  get qpos(): Float64Array {
    return this.#live().qpos;
  }
  get qvel(): Float64Array {
    return this.#live().qvel;
  }
  get act(): Float64Array {
    return this.#live().act;
  }
  get ctrl(): Float64Array {
    return this.#live().ctrl;
  }
  get mocapPos(): Float64Array {
    return this.#live().mocapPos;
  }
  get mocapQuat(): Float64Array {
    return this.#live().mocapQuat;
  }
  get xpos(): Float64Array {
    return this.#live().xpos;
  }
  get xquat(): Float64Array {
    return this.#live().xquat;
  }
  get xmat(): Float64Array {
    return this.#live().xmat;
  }
  get xipos(): Float64Array {
    return this.#live().xipos;
  }
  get ximat(): Float64Array {
    return this.#live().ximat;
  }
  get cvel(): Float64Array {
    return this.#live().cvel;
  }
  get siteXpos(): Float64Array {
    return this.#live().siteXpos;
  }
  get siteXmat(): Float64Array {
    return this.#live().siteXmat;
  }
  get geomXpos(): Float64Array {
    return this.#live().geomXpos;
  }
  get actuatorLength(): Float64Array {
    return this.#live().actuatorLength;
  }
  get actuatorVelocity(): Float64Array {
    return this.#live().actuatorVelocity;
  }
  get actuatorForce(): Float64Array {
    return this.#live().actuatorForce;
  }
  get sensordata(): Float64Array {
    return this.#live().sensordata;
  }

  contactGeomsBorrow(): Int32Array {
    const length = 2 * this.#raw.ncon;
    if (this.#contactGeoms.length < length) this.#contactGeoms = new Int32Array(2 * length);
    const geoms = this.#contactGeoms.subarray(0, length);
    this.#raw.contactGeoms(geoms);
    return geoms;
  }

  jointLimitForces(out: Float64Array): void {
    out.fill(0);
    const { type, id, force } = this.#raw.constraintsBorrow();
    for (let row = 0; row < type.length; row++) {
      // A limit's Jacobian is 1 or -1 at its joint's velocity, so that its magnitude is the row's force.
      if (type[row] === LIMIT_JOINT) out[id[row] ?? 0] = (out[id[row] ?? 0] ?? 0) + Math.abs(force[row] ?? 0);
    }
  }

  externalForces(out: Float64Array): void {
    this.model.use(this.#applied);
    this.#raw.rnePostConstraint();
    const { cfrcExt } = this.#live();
    // A spatial force is torque, then force.
    for (let i = 0; i < out.length; i++) out[i] = cfrcExt[6 * Math.floor(i / 3) + 3 + (i % 3)] ?? 0;
  }

  resetData(): void {
    this.#own();
    this.#raw.resetData();
  }

  resetKeyframe(key: number): void {
    this.#own();
    this.#raw.resetKeyframe(key);
  }

  forward(): void {
    this.#own();
    this.model.sensors(this.#sensors);
    this.#raw.forward();
    this.#fresh = true;
  }

  observe(): void {
    if (this.#sensors) {
      this.forward();
      return;
    }
    this.#own();
    this.#raw.observe();
    this.#fresh = true;
  }

  forwardPassive(): void {
    this.model.actuation(false);
    try {
      this.forward();
    } finally {
      this.model.actuation(true);
    }
  }

  step1(): void {
    this.#own();
    this.model.sensors(this.#sensors);
    this.#raw.step1();
    this.#fresh = true;
  }

  kinematics(): void {
    this.#own();
    this.#raw.kinematics();
  }

  step(n: number): void {
    // mj_step2 skips mj_checkPos and mj_checkVel, which reset a bad state.
    const takeOver = this.#takesOver && this.#fresh && n > 0 && !this.#isBad();
    this.#own();
    this.model.sensors(false);
    if (takeOver) this.#raw.step2();
    for (let i = takeOver ? 1 : 0; i < n; i++) this.#raw.step();
  }

  touch(): void {
    this.#fresh = false;
  }

  fault(): string | null {
    const { warnings, warningAt } = this.#live();
    let found: string | null = null;
    for (const warning of FAULTS) {
      const at = 2 * (warningAt[warning] ?? -1);
      if (at < 0 || warnings[at + 1] === 0) continue;
      const element = warning < FIRST_BAD_ELEMENT ? "" : ` (element ${warnings[at] ?? 0})`;
      found ??= `MuJoCo stopped the simulation: ${WARNINGS[warning]}${element}; reset the row.`;
      warnings[at + 1] = 0;
    }
    return found;
  }

  edit(field: ModelFloat): Float64Array | Float32Array;
  edit(field: EditableInt): Int32Array | Uint8Array;
  edit(field: ModelField): FieldValues;
  edit(field: ModelField): FieldValues {
    this.#edits ??= { fields: new Map(), meanInertia: null };
    let values = this.#edits.fields.get(field);
    if (values === undefined) {
      values = this.model.copyOfBase(field);
      this.#edits.fields.set(field, values);
    }
    return values;
  }

  commitEdits(options?: { setConst?: boolean }): void {
    if (this.#edits === null) return;
    this.model.commit(this.#edits, options?.setConst ?? false);
    this.#applied = this.#edits;
    this.#fresh = false;
  }

  refreshBodies(bodies: readonly BodyRefresh[]): void {
    for (const body of bodies) refreshBody(this, body, this.model.compilePart);
    this.commitEdits({ setConst: true });
  }

  get edits(): ReadonlyMap<ModelField, FieldValues> {
    return this.#edits?.fields ?? new Map();
  }

  get meanInertia(): number | null {
    return this.#edits?.meanInertia ?? null;
  }
  set meanInertia(value: number | null) {
    this.#edits ??= { fields: new Map(), meanInertia: null };
    this.#edits.meanInertia = value;
  }

  clearEdits(): void {
    this.#edits = null;
    this.#applied = null;
    this.#fresh = false;
  }

  stateSize(): number {
    return this.model.stateSize;
  }

  getState(out: Float64Array): void {
    this.#raw.getState(out);
  }

  setState(state: Float64Array): void {
    this.#raw.setState(state);
    this.#warmstart.set(this.#live().qaccWarmstart);
    this.forward();
    this.#live().qaccWarmstart.set(this.#warmstart);
  }

  [Symbol.dispose](): void {
    this.#views = null;
    this.#raw.dispose();
  }

  /** The model has this row's values; derived quantities no longer count as following the state. */
  #own(): void {
    this.model.use(this.#applied);
    this.#fresh = false;
  }

  #isBad(): boolean {
    const { qpos, qvel } = this.#live();
    return isBad(qpos) || isBad(qvel);
  }

  /** Views detach, all at once, whenever the library's memory grows. */
  #live(): DataViews {
    if (this.#views === null || this.#views.warnings.length === 0) this.#views = this.#raw.views();
    return this.#views;
  }
}
