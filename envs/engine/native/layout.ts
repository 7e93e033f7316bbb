import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHeaders, cleanSource, type CStruct } from "./c-header.ts";

/** Raised when what is stored changes: older files are derived anew. */
const FORMAT = 2;
/** Headers with the types of mjModel and mjData, where the version has them. */
export const LAYOUT_HEADERS = ["mjtnum.h", "mjtype.h", "mjthread.h", "mjmodel.h", "mjdata.h", "mjxmacro.h", "mujoco.h"];
/** File beside the library that holds its layout. */
export const LAYOUT_FILE = "layout.json";
/** mjxmacro.h: `X( mjtNum, body_pos, nbody, 3 )` under `#define MJMODEL_POINTERS_BODY`. */
const ENTRY = /\bX\w*\s*\(\s*\w+\s*,\s*(\w+)\s*,\s*([^,]+?)\s*,\s*((?:[^()]|\([^()]*\))+?)\s*\)/g;

/** Elements of an array as factors: numbers and sizes of mjModel. */
export type Extent = readonly (string | number)[];

/** How one version of MuJoCo lays out mjModel and mjData, all offsets in bytes. */
export interface NativeLayout {
  readonly format: number;
  /** e.g. 3004000 or 340: mjVERSION_HEADER */
  readonly versionNumber: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly model: CStruct;
  readonly data: CStruct;
  readonly contact: CStruct;
  /** Arrays in mjModel.buffer and mjData.buffer, in the order of their allocation. */
  readonly modelArrays: Readonly<Record<string, Extent>>;
  readonly dataArrays: Readonly<Record<string, Extent>>;
}

function factorsOf(expression: string, constants: Readonly<Record<string, number>>): (string | number)[] {
  return expression
    .replace(/\bMJ_[MD]\s*\(\s*(\w+)\s*\)/g, "$1")
    .split("*")
    .map((part) => part.replace(/[()\s]/g, ""))
    .map((factor) => (/^\d+$/.test(factor) ? Number(factor) : (constants[factor] ?? factor)));
}

/** Arrays of the macros whose name matches; a macro that lists other macros is followed. */
function arraysOf(xmacros: string, root: string, constants: Readonly<Record<string, number>>): Record<string, Extent> {
  const macros = new Map<string, string>();
  for (const [, name = "", body = ""] of xmacros.matchAll(/^[ \t]*#define[ \t]+(\w+)(?!\()[ \t]+(.*)$/gm)) {
    if (!macros.has(name)) macros.set(name, body);
  }
  const expand = (body: string): string =>
    body.replace(/\bMJ(?:MODEL|DATA)_POINTERS_\w+/g, (name) => expand(macros.get(name) ?? ""));
  const arrays: Record<string, Extent> = {};
  for (const [, name = "", rows = "", columns = ""] of expand(macros.get(root) ?? "").matchAll(ENTRY)) {
    arrays[name] = [...factorsOf(rows, constants), ...factorsOf(columns, constants)].filter((factor) => factor !== 1);
  }
  return arrays;
}

/**
 * Layout out of the library's own headers.
 * @param headers text by file name, see `LAYOUT_HEADERS`
 * @throws Error where they cannot be understood
 */
export function deriveLayout(headers: ReadonlyMap<string, string>): NativeLayout {
  const xmacros = headers.get("mjxmacro.h");
  const main = headers.get("mujoco.h");
  if (xmacros === undefined || main === undefined) throw new Error("the headers of MuJoCo are incomplete");
  const inputs = LAYOUT_HEADERS.slice(0, -2).flatMap((name) => headers.get(name) ?? []);
  const parsed = new CHeaders(inputs);
  const clean = cleanSource(xmacros);
  return {
    format: FORMAT,
    versionNumber: Number(/#define\s+mjVERSION_HEADER\s+(\d+)/.exec(main)?.[1] ?? 0),
    constants: parsed.constants,
    model: parsed.struct("mjModel"),
    data: parsed.struct("mjData"),
    contact: parsed.struct("mjContact"),
    modelArrays: arraysOf(clean, "MJMODEL_POINTERS", parsed.constants),
    dataArrays: arraysOf(clean, "MJDATA_POINTERS", parsed.constants),
  };
}

/** Texts of the headers in a folder. */
export function readHeaders(folder: string): Map<string, string> {
  const found = LAYOUT_HEADERS.filter((name) => existsSync(join(folder, name)));
  return new Map(found.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Derive and store the layout anew where a former version of this program stored it. */
export function renewLayout(library: string): void {
  const stored = join(dirname(library), LAYOUT_FILE);
  const layout = layoutOf(library);
  const text = JSON.stringify(layout);
  if (!existsSync(stored) || readFileSync(stored, "utf8") !== text) writeFileSync(stored, text);
}

/**
 * The stored layout of a library, else derived from `include/mujoco/` beside it.
 * @throws Error where neither is there or the headers cannot be understood
 */
export function layoutOf(library: string): NativeLayout {
  const folder = dirname(library);
  const stored = join(folder, LAYOUT_FILE);
  if (existsSync(stored)) {
    const layout = JSON.parse(readFileSync(stored, "utf8")) as NativeLayout;
    if (layout.format === FORMAT) return layout;
  }
  return deriveLayout(readHeaders(join(folder, "include", "mujoco")));
}
