import type { BodyRefresh, Physics } from "./physics.ts";
import type { RawEngine, RawModel } from "./raw.ts";

/** A shape a body may be made of: the name in MJCF, and its volume (m³) in the compiler's order of operations. */
interface Shape {
  readonly name: string;
  volume(a: number, b: number, c: number): number;
}
/** By mjtGeom. */
const SHAPES: Readonly<Record<number, Shape>> = {
  2: { name: "sphere", volume: (a) => (4 * Math.PI * a * a * a) / 3 },
  3: { name: "capsule", volume: (a, b) => Math.PI * (a * a * (2 * b) + (4 * a * a * a) / 3) },
  4: { name: "ellipsoid", volume: (a, b, c) => (4 * Math.PI * a * b * c) / 3 },
  5: { name: "cylinder", volume: (a, b) => 2 * Math.PI * a * a * b },
  6: { name: "box", volume: (a, b, c) => a * b * c * 8 },
};
/** Of a geom that states none, kg/m³. */
const DENSITY = 1000;
/** Compiler attributes that bound a body's inertia. */
const BOUNDS = ["boundmass", "boundinertia", "balanceinertia", "inertiagrouprange"] as const;
/** Of the one body in a part. */
const PART_BODY = 1;
/** Parts that are remembered: a compile takes 0.2 to 1 ms, and many bodies are drawn from a list of shapes. */
const REMEMBERED = 256;

/** What the compiler derives of a body alone; arrays over its geoms, sites and bounding volumes in order. */
interface Part {
  readonly inertia: Float64Array;
  readonly ipos: Float64Array;
  readonly iquat: Float64Array;
  readonly bodySameframe: number;
  readonly geomAabb: Float64Array;
  readonly geomRbound: Float64Array;
  readonly geomSameframe: Int32Array;
  readonly siteSameframe: Int32Array;
  readonly bvhAabb: Float64Array;
  readonly bvhChild: Int32Array;
  readonly bvhDepth: Int32Array;
  /** Geoms of the part, -1 where a node is no leaf. */
  readonly bvhNodeid: Int32Array;
}

function partOf(model: RawModel): Part {
  const floats = (field: "geom_aabb" | "geom_rbound" | "bvh_aabb"): Float64Array =>
    Float64Array.from(model.floats(field));
  const ints = (field: "geom_sameframe" | "site_sameframe" | "bvh_child" | "bvh_depth" | "bvh_nodeid"): Int32Array =>
    Int32Array.from(model.ints(field));
  const row = (field: "body_inertia" | "body_ipos" | "body_iquat", width: number): Float64Array =>
    Float64Array.from(model.floats(field).subarray(width * PART_BODY, width * (PART_BODY + 1)));
  return {
    inertia: row("body_inertia", 3),
    ipos: row("body_ipos", 3),
    iquat: row("body_iquat", 4),
    bodySameframe: model.ints("body_sameframe")[PART_BODY] ?? 0,
    geomAabb: floats("geom_aabb"),
    geomRbound: floats("geom_rbound"),
    geomSameframe: ints("geom_sameframe"),
    siteSameframe: ints("site_sameframe"),
    bvhAabb: floats("bvh_aabb"),
    bvhChild: ints("bvh_child"),
    bvhDepth: ints("bvh_depth"),
    bvhNodeid: ints("bvh_nodeid"),
  };
}

/** Compiles the inside of one `<body>`; with `bounded` under the inertia bounds of the whole model. */
export type PartCompiler = (content: string, bounded: boolean) => Part;

/** @param xml text of the whole model */
export function partCompiler(raw: RawEngine, xml: string): PartCompiler {
  const compiler = /<compiler\b[^>]*>/.exec(xml)?.[0] ?? "";
  const bounds = BOUNDS.map((name) => new RegExp(`\\b${name}="[^"]*"`).exec(compiler)?.[0] ?? "").join(" ");
  const known = new Map<string, Part>();
  return (content, bounded) => {
    const head = bounded ? `<compiler ${bounds}/>` : "";
    const text = `<mujoco>${head}<worldbody><body>${content}</body></worldbody></mujoco>`;
    let part = known.get(text);
    if (part === undefined) {
      const model = raw.compile({ key: "part", xml: text, files: [] });
      part = partOf(model);
      model.dispose();
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? "");
    }
    // The most recent one stands last.
    known.delete(text);
    known.set(text, part);
    return part;
  };
}

const list = (values: ArrayLike<number>, from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => values[from + i] ?? 0).join(" ");

/** Geoms of a body that have mass or touch something, and the body's sites. */
interface PartIds {
  readonly geoms: readonly number[];
  readonly sites: readonly number[];
}

function idsOf(p: Physics, body: number): PartIds {
  const { model } = p;
  const first = model.intsBorrow("body_geomadr")[body] ?? 0;
  const count = model.intsBorrow("body_geomnum")[body] ?? 0;
  const types = p.edit("geom_type");
  const bodies = model.intsBorrow("site_bodyid");
  const geoms = Array.from({ length: count }, (_, i) => first + i);
  return {
    geoms: geoms.filter((geom) => SHAPES[types[geom] ?? -1] !== undefined),
    sites: Array.from({ length: model.sizes.nsite }, (_, i) => i).filter((site) => bodies[site] === body),
  };
}

function geomText(p: Physics, geom: number, matter: string): string {
  const shape = SHAPES[p.edit("geom_type")[geom] ?? -1]?.name ?? "";
  const size = list(p.edit("geom_size"), 3 * geom, 3);
  const pos = list(p.edit("geom_pos"), 3 * geom, 3);
  const quat = list(p.edit("geom_quat"), 4 * geom, 4);
  const group = p.model.intsBorrow("geom_group")[geom] ?? 0;
  const mask = `contype="${p.edit("geom_contype")[geom] ?? 0}" conaffinity="${p.edit("geom_conaffinity")[geom] ?? 0}"`;
  return `<geom type="${shape}" size="${size}" pos="${pos}" quat="${quat}" group="${group}" ${mask} ${matter}/>`;
}

function partText(p: Physics, { geoms, sites }: PartIds, { density, mass }: BodyRefresh, scale: number): string {
  const shapes = geoms.map((geom, i) => {
    const given = mass?.[i];
    const matter = given === undefined ? `density="${(density?.[i] ?? DENSITY) * scale}"` : `mass="${given * scale}"`;
    return geomText(p, geom, matter);
  });
  const marks = sites.map((site) => {
    const pos = list(p.edit("site_pos"), 3 * site, 3);
    return `<site pos="${pos}" quat="${list(p.edit("site_quat"), 4 * site, 4)}"/>`;
  });
  return [...shapes, ...marks].join("");
}

/** Mass of the geoms as they are given, kg. */
function massOf(p: Physics, { geoms }: PartIds, { density, mass }: BodyRefresh): number {
  const types = p.edit("geom_type");
  const sizes = p.edit("geom_size");
  let sum = 0;
  geoms.forEach((geom, i) => {
    const [a = 0, b = 0, c = 0] = sizes.subarray(3 * geom, 3 * geom + 3);
    sum += mass?.[i] ?? (density?.[i] ?? DENSITY) * (SHAPES[types[geom] ?? -1]?.volume(a, b, c) ?? 0);
  });
  return sum;
}

/** `<inertial>` of a body with its present mass and inertial frame. */
function inertialText(p: Physics, body: number, diagonal: readonly number[]): string {
  const pos = list(p.edit("body_ipos"), 3 * body, 3);
  const quat = list(p.edit("body_iquat"), 4 * body, 4);
  const mass = p.edit("body_mass")[body] ?? 0;
  return `<inertial mass="${mass}" pos="${pos}" quat="${quat}" diaginertia="${diagonal.join(" ")}"/>`;
}

/** The body compiled alone with its edited geoms, its mass kept. */
function compileBody(p: Physics, ids: PartIds, request: BodyRefresh, fixed: boolean, compile: PartCompiler): Part {
  const { body, inertial } = request;
  const mass = p.edit("body_mass")[body] ?? 0;
  if (fixed) {
    const inertia = Array.from(p.edit("body_inertia").subarray(3 * body, 3 * body + 3));
    return compile(inertialText(p, body, inertia) + partText(p, ids, request, 1), false);
  }
  if (inertial !== undefined) {
    const scale = mass / inertial.mass;
    const inertia = inertial.diagonal.map((value) => value * scale);
    return compile(inertialText(p, body, inertia) + partText(p, ids, request, 1), true);
  }
  return compile(partText(p, ids, request, mass / massOf(p, ids, request)), true);
}

/** Copy rows of a part's field into the row's edits. */
function copyRows(
  part: ArrayLike<number>,
  whole: Float64Array | Float32Array | Int32Array | Uint8Array,
  ids: readonly number[],
  width: number,
): void {
  ids.forEach((id, i) => {
    for (let j = 0; j < width; j++) whole[width * id + j] = part[width * i + j] ?? 0;
  });
}

function copyTree(p: Physics, part: Part, body: number, geoms: readonly number[]): void {
  const first = p.model.intsBorrow("body_bvhadr")[body] ?? 0;
  const count = p.model.intsBorrow("body_bvhnum")[body] ?? 0;
  if (part.bvhDepth.length !== count) {
    throw new Error(`body ${p.model.name("body", body)} changed its set of colliding geoms`);
  }
  const nodes = Array.from({ length: count }, (_, i) => first + i);
  copyRows(part.bvhAabb, p.edit("bvh_aabb"), nodes, 6);
  copyRows(part.bvhChild, p.edit("bvh_child"), nodes, 2);
  copyRows(part.bvhDepth, p.edit("bvh_depth"), nodes, 1);
  // Leaves name geoms of the part.
  const leaves = part.bvhNodeid.map((geom) => (geom < 0 ? geom : (geoms[geom] ?? -1)));
  copyRows(leaves, p.edit("bvh_nodeid"), nodes, 1);
}

/**
 * What MuJoCo's compiler derives from a body's geoms and mass, recomputed into the row's edits from a compile of the body
 * alone (MyoSuite 3.0.0, `utils/mujoco_geom_utils.py`, does the same). `mj_setConst` is the caller's.
 */
export function refreshBody(p: Physics, request: BodyRefresh, compile: PartCompiler): void {
  const { body } = request;
  const ids = idsOf(p, body);
  const fixed = p.model.intsBorrow("body_weldid")[body] === 0;
  const part = compileBody(p, ids, request, fixed, compile);
  copyRows(part.geomAabb, p.edit("geom_aabb"), ids.geoms, 6);
  copyRows(part.geomRbound, p.edit("geom_rbound"), ids.geoms, 1);
  copyRows(part.geomSameframe, p.edit("geom_sameframe"), ids.geoms, 1);
  copyRows(part.siteSameframe, p.edit("site_sameframe"), ids.sites, 1);
  copyTree(p, part, body, ids.geoms);
  if (fixed) return;
  copyRows(part.inertia, p.edit("body_inertia"), [body], 3);
  copyRows(part.ipos, p.edit("body_ipos"), [body], 3);
  copyRows(part.iquat, p.edit("body_iquat"), [body], 4);
  p.edit("body_sameframe")[body] = part.bodySameframe;
}
