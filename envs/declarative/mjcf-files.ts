import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { MyoError } from "../../protocol/errors.ts";

/** A file that an MJCF needs beside its own text. */
export interface MjcfFile {
  /** Path as MuJoCo asks for it, relative to the model's folder. */
  readonly name: string;
  readonly path: string;
}

const TAG = /<(\w+)\b([^>]*?)\/?>/g;
const ATTRIBUTE = /([\w]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
/** Attributes of <texture> that name files. */
const FILE_ATTRIBUTES = /^file(right|left|up|down|front|back)?$/;
/** Folder attribute of <compiler> by element. */
const FOLDERS: Readonly<Record<string, "meshdir" | "texturedir" | undefined>> = {
  mesh: "meshdir",
  skin: "meshdir",
  hfield: "meshdir",
  flexcomp: "meshdir",
  texture: "texturedir",
};

interface Tag {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function tagsOf(xml: string): Tag[] {
  const text = xml.replace(/<!--[\s\S]*?-->/g, "");
  return [...text.matchAll(TAG)].map(([, tag = "", attributes = ""]) => ({
    tag,
    attributes: Object.fromEntries(
      [...attributes.matchAll(ATTRIBUTE)].map(([, key = "", double, single]) => [key, double ?? single ?? ""]),
    ),
  }));
}

/** A path inside its folder. @throws MyoError BAD_OPTIONS for one that leaves it. */
function inside(label: string, name: string): string {
  const path = posix.normalize(name.replaceAll("\\", "/"));
  if (!posix.isAbsolute(path) && !/^[A-Za-z]:/.test(path) && path !== ".." && !path.startsWith("../")) return path;
  throw new MyoError(
    "BAD_OPTIONS",
    `${label} names the file "${name}" outside its folder; put it inside and name it relative to it.`,
  );
}

/** Reads an MJCF and finds what it includes and loads. */
class MjcfReader {
  readonly #folder: string;
  readonly #label: string;
  readonly #files = new Map<string, string>();

  constructor(folder: string, label: string) {
    this.#folder = folder;
    this.#label = label;
  }

  text(name: string): string {
    const path = join(this.#folder, inside(this.#label, name));
    if (!existsSync(path)) throw this.#missing(name);
    return readFileSync(path, "utf8");
  }

  #missing(name: string): MyoError {
    return new MyoError(
      "MODEL_MISSING",
      `${this.#label} needs the file "${name}", which is not in ${this.#folder}; put it there.`,
    );
  }

  /** The tags of a text and of all it includes. */
  #tags(xml: string): Tag[] {
    return tagsOf(xml).flatMap((each) => {
      const { file } = each.attributes;
      if (each.tag !== "include" || file === undefined) return [each];
      if (this.#files.has(inside(this.#label, file))) return [];
      this.#add(file);
      return this.#tags(this.text(file));
    });
  }

  files(xml: string): MjcfFile[] {
    const tags = this.#tags(xml);
    const compiler: Record<string, string> = {};
    for (const { tag, attributes } of tags) if (tag === "compiler") Object.assign(compiler, attributes);
    for (const { tag, attributes } of tags) {
      const kind = FOLDERS[tag];
      if (kind === undefined) continue;
      const folder = compiler[kind] ?? compiler["assetdir"] ?? "";
      for (const [key, file] of Object.entries(attributes)) {
        if (FILE_ATTRIBUTES.test(key) && file !== "")
          this.#add(posix.join(folder, stripped(file, compiler["strippath"])));
      }
    }
    return [...this.#files].map(([name, path]) => ({ name, path }));
  }

  #add(name: string): void {
    const file = inside(this.#label, name);
    const path = join(this.#folder, file);
    if (!existsSync(path)) throw this.#missing(name);
    this.#files.set(file, path);
  }
}

const stripped = (file: string, strip: string | undefined): string => (strip === "true" ? posix.basename(file) : file);

/**
 * Text of an MJCF and the files it names.
 * @param mjcf path of the MJCF in the folder.
 * @param label name of the task file, for error sentences.
 * @throws MyoError MODEL_MISSING, BAD_OPTIONS.
 */
export function readMjcf(
  folder: string,
  mjcf: string,
  label: string,
): { readonly xml: string; readonly files: readonly MjcfFile[] } {
  const path = inside(label, mjcf);
  const reader = new MjcfReader(join(folder, posix.dirname(path)), label);
  const xml = reader.text(posix.basename(path));
  return { xml, files: reader.files(xml) };
}
