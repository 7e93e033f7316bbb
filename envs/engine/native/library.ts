import type { ObjectType } from "../physics.ts";
import type { NativeLayout } from "./layout.ts";
import type { MapMemory } from "./memory.ts";

/** Address in the library's memory. */
export type Pointer = bigint;

/** Functions of libmujoco that the engine calls. */
export interface Library {
  versionString(): string;
  defaultVfs(vfs: Uint8Array): void;
  /** @returns 0 on success. */
  addBufferVfs(vfs: Uint8Array, name: string, data: Uint8Array, bytes: number): number;
  deleteVfs(vfs: Uint8Array): void;
  loadXml(name: string, vfs: Uint8Array, error: Uint8Array, errorBytes: number): Pointer | null;
  deleteModel(model: Pointer): void;
  sizeModel(model: Pointer): number | bigint;
  makeData(model: Pointer): Pointer | null;
  deleteData(data: Pointer): void;
  resetData(model: Pointer, data: Pointer): void;
  resetDataKeyframe(model: Pointer, data: Pointer, key: number): void;
  step(model: Pointer, data: Pointer): void;
  step1(model: Pointer, data: Pointer): void;
  step2(model: Pointer, data: Pointer): void;
  forward(model: Pointer, data: Pointer): void;
  fwdPosition(model: Pointer, data: Pointer): void;
  fwdVelocity(model: Pointer, data: Pointer): void;
  fwdActuation(model: Pointer, data: Pointer): void;
  kinematics(model: Pointer, data: Pointer): void;
  rnePostConstraint(model: Pointer, data: Pointer): void;
  setConst(model: Pointer, data: Pointer): void;
  stateSize(model: Pointer, signature: number): number;
  getState(model: Pointer, data: Pointer, state: Float64Array, signature: number): void;
  setState(model: Pointer, data: Pointer, state: Float64Array, signature: number): void;
  nameToId(model: Pointer, type: number, name: string): number;
  idToName(model: Pointer, type: number, id: number): string | null;
}

/** An open library and what is known about it. */
export interface NativeContext {
  readonly library: Library;
  readonly map: MapMemory;
  readonly layout: NativeLayout;
  readonly version: string;
  /** mjSTATE_INTEGRATION: everything mj_step reads, warm start included. */
  readonly stateSignature: number;
  /** Position of each of `WARNINGS` in mjtWarning, -1 where this version has none. */
  readonly warningAt: readonly number[];
}

/** Name in mjtObj and number in mjModel of what has names. */
export const OBJECTS: Readonly<Record<ObjectType, { readonly constant: string; readonly size: string }>> = {
  body: { constant: "mjOBJ_BODY", size: "nbody" },
  joint: { constant: "mjOBJ_JOINT", size: "njnt" },
  geom: { constant: "mjOBJ_GEOM", size: "ngeom" },
  site: { constant: "mjOBJ_SITE", size: "nsite" },
  mesh: { constant: "mjOBJ_MESH", size: "nmesh" },
  hfield: { constant: "mjOBJ_HFIELD", size: "nhfield" },
  tendon: { constant: "mjOBJ_TENDON", size: "ntendon" },
  actuator: { constant: "mjOBJ_ACTUATOR", size: "nu" },
  sensor: { constant: "mjOBJ_SENSOR", size: "nsensor" },
  key: { constant: "mjOBJ_KEY", size: "nkey" },
};

/** Names of `WARNINGS` in mjtWarning. */
const WARNING_CONSTANTS = [
  "mjWARN_INERTIA",
  "mjWARN_CONTACTFULL",
  "mjWARN_CNSTRFULL",
  "mjWARN_VGEOMFULL",
  "mjWARN_BADQPOS",
  "mjWARN_BADQVEL",
  "mjWARN_BADQACC",
  "mjWARN_BADCTRL",
] as const;

/** @throws Error where the headers do not define it. */
export function constantOf(layout: NativeLayout, name: string): number {
  const value = layout.constants[name];
  if (value === undefined) throw new Error(`the headers have no ${name}`);
  return value;
}

/** @param library functions of the loaded library */
export function createContext(library: Library, map: MapMemory, layout: NativeLayout): NativeContext {
  return {
    library,
    map,
    layout,
    version: library.versionString(),
    stateSignature: constantOf(layout, "mjSTATE_INTEGRATION"),
    warningAt: WARNING_CONSTANTS.map((name) => layout.constants[name] ?? -1),
  };
}
