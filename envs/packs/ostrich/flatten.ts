import { element, type Attributes, type MjcfElement } from "../../engine/mjcf.ts";
import { readMjcf } from "./mjcf-reader.ts";

/** Arena of a row, MB: 0.21 MB were used at most in 12,000 steps of random excitation and falls. */
const ARENA = "2M";
/** Elements and attributes that only a renderer needs. */
const VISUAL_TAGS = new Set(["visual", "camera", "light", "texture", "material"]);
const VISUAL_ATTRIBUTES = new Set(["material"]);
/** What MuJoCo reserves up to 40 MB a row for. */
const OLD_SIZES = new Set(["njmax", "nconmax"]);

/** Numbers of objects that the manifest states. */
export interface Dimensions {
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  readonly na: number;
  readonly nbody: number;
  readonly ngeom: number;
}

/**
 * A model with its includes in place: the children of an included file's root stand for the include.
 * @param read text of a file, by its path relative to the model's folder
 * @throws Error where a file is no MJCF or is included twice, which MuJoCo refuses too.
 */
export function flatten(file: string, read: (file: string) => string): MjcfElement {
  const seen = new Set<string>();
  const load = (name: string): MjcfElement => {
    if (seen.has(name)) throw new Error(`${name} is included twice`);
    seen.add(name);
    try {
      return expand(readMjcf(read(name)));
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  const expand = (node: MjcfElement): MjcfElement => {
    const children = node.children.flatMap((child) =>
      child.tag === "include" ? load(String(child.attributes["file"])).children : [expand(child)],
    );
    return element(node.tag, node.attributes, children);
  };
  return load(file);
}

/** Every element below and including `node`, depth first. */
function* walk(node: MjcfElement): Generator<MjcfElement> {
  yield node;
  for (const child of node.children) yield* walk(child);
}

/** Files of the meshes that geoms use. */
export function usedMeshes(model: MjcfElement): string[] {
  const used = new Set([...walk(model)].filter(({ tag }) => tag === "geom").map((geom) => geom.attributes["mesh"]));
  return [...walk(model)]
    .filter(({ tag, attributes }) => tag === "mesh" && used.has(attributes["name"]))
    .map(({ attributes }) => String(attributes["file"]));
}

function rewrite(node: MjcfElement, change: (node: MjcfElement) => MjcfElement | null): MjcfElement | null {
  const changed = change(node);
  if (changed === null) return null;
  const children = changed.children.map((child) => rewrite(child, change)).filter((child) => child !== null);
  return element(changed.tag, changed.attributes, children);
}

const without = (attributes: Attributes, names: ReadonlySet<string>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.has(name)));

/**
 * A model as the pack holds it: arena instead of the old sizes, mesh files by their names in the pack, meshes that no
 * geom uses left out.
 * @param assets name in the pack of each mesh file that is used
 */
export function packed(model: MjcfElement, assets: ReadonlyMap<string, string>): MjcfElement {
  const changed = rewrite(model, (node) => {
    const { tag, attributes, children } = node;
    if (tag === "size") return element(tag, { ...without(attributes, OLD_SIZES), memory: ARENA }, children);
    if (tag === "compiler") return element(tag, without(attributes, new Set(["meshdir"])), children);
    if (tag !== "mesh") return node;
    const asset = assets.get(String(attributes["file"]));
    return asset === undefined ? null : element(tag, { ...attributes, file: `assets/${asset}` }, children);
  });
  return changed ?? model;
}

/** The model without what only a renderer needs. Every geom stays: all that are no wrapping cylinders can touch something. */
export function light(model: MjcfElement): MjcfElement {
  const changed = rewrite(model, (node) =>
    VISUAL_TAGS.has(node.tag) ? null : element(node.tag, without(node.attributes, VISUAL_ATTRIBUTES), node.children),
  );
  return changed ?? model;
}

/** Counts of a model whose joints are hinges and slides and whose actuators are muscles and motors. */
export function dimensionsOf(model: MjcfElement): Dimensions {
  const world = model.children.filter(({ tag }) => tag === "worldbody").flatMap((node) => [...walk(node)]);
  const count = (tag: string): number => world.filter((node) => node.tag === tag).length;
  const actuators = model.children.filter(({ tag }) => tag === "actuator").flatMap(({ children }) => children);
  return {
    nq: count("joint"),
    nv: count("joint"),
    nu: actuators.length,
    na: actuators.filter(({ tag }) => tag === "muscle").length,
    nbody: count("body") + 1,
    ngeom: count("geom"),
  };
}
