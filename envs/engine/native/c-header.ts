/** Constants, types and struct layouts out of C headers, as a 64-bit compiler sees them. */

/** A member of a struct; members of nested structs are named with dots. */
export interface CField {
  /** Bytes from the start of the outermost struct. */
  readonly offset: number;
  /** Primitive it is made of, or points to; "struct" for an array of structs. */
  readonly type: Primitive | "struct" | "opaque";
  readonly pointer: boolean;
  /** Elements of an inline array, 1 for a plain member. */
  readonly count: number;
}

export interface CStruct {
  /** Bytes. */
  readonly size: number;
  readonly alignment: number;
  /** In the order of the header. */
  readonly fields: Readonly<Record<string, CField>>;
}

export type Primitive = "f8" | "f4" | "i8" | "u8" | "i4" | "u1";

/** Bytes of a primitive. */
export const PRIMITIVE_SIZE: Readonly<Record<Primitive, number>> = { f8: 8, f4: 4, i8: 8, u8: 8, i4: 4, u1: 1 };
const POINTER_SIZE = 8;
const C_TYPES: Readonly<Record<string, Primitive>> = {
  double: "f8",
  float: "f4",
  int: "i4",
  "unsigned int": "i4",
  int32_t: "i4",
  uint32_t: "i4",
  int64_t: "i8",
  uint64_t: "u8",
  size_t: "u8",
  uintptr_t: "u8",
  char: "u1",
  "unsigned char": "u1",
  uint8_t: "u1",
  _Bool: "u1",
  bool: "u1",
};
const DECLARATION = /^(?:const\s+)?((?:unsigned\s+)?\w+)\s*(\**)\s*(\w+)\s*((?:\[[^\]]*\]\s*)*)$/;

interface Placed {
  readonly size: number;
  readonly alignment: number;
  readonly fields: Record<string, CField>;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Removes comments, line ends of Windows and continued lines. */
export function cleanSource(text: string): string {
  return text
    .replace(/\r/g, "")
    .replace(/\\\n/g, " ")
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\/\/.*/g, "");
}

/** Position after the brace that closes the one at `open`. */
function afterBrace(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "{") depth += 1;
    else if (text[i] === "}" && --depth === 0) return i + 1;
  }
  throw new Error("a brace is not closed");
}

/** Members of a struct body, each without its semicolon; nested bodies stay whole. */
function membersOf(body: string): string[] {
  const members: string[] = [];
  let start = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] === "{") i = afterBrace(body, i) - 1;
    else if (body[i] === ";") {
      members.push(body.slice(start, i).trim());
      start = i + 1;
    }
  }
  return members.filter((member) => member !== "");
}

/** What a set of headers declares. Where a name is declared twice (`#ifdef … #else`), the first counts. */
export class CHeaders {
  readonly constants: Readonly<Record<string, number>>;
  readonly #constants = new Map<string, number>();
  readonly #aliases = new Map<string, string>();
  readonly #bodies = new Map<string, string>();

  /** @throws Error where a header is not of the kind this reads. */
  constructor(texts: readonly string[]) {
    for (const text of texts) this.#read(cleanSource(text));
    this.constants = Object.fromEntries(this.#constants);
  }

  /** @throws Error for an unknown name or a member of unknown type. */
  struct(name: string): CStruct {
    const body = this.#bodyOf(name);
    if (body === undefined) throw new Error(`the headers declare no struct ${name}`);
    return this.#place(body);
  }

  #read(text: string): void {
    for (const [, name = "", value = ""] of text.matchAll(/^[ \t]*#define[ \t]+(\w+)[ \t]+(-?\w+)[ \t]*$/gm)) {
      const number = Number(value);
      if (Number.isInteger(number)) this.#define(name, number);
    }
    const code = text.replace(/^[ \t]*#.*$/gm, "");
    for (const match of code.matchAll(/\benum\s+\w*\s*\{([^}]*)\}\s*(\w*)/g)) {
      this.#enumeration(match[1] ?? "");
      if (match[2]) this.#alias(match[2], "int");
    }
    for (const match of code.matchAll(/\bstruct\s+(\w+)\s*\{/g)) {
      const open = match.index + match[0].length - 1;
      const close = afterBrace(code, open);
      const name = match[1] ?? "";
      if (!this.#bodies.has(name)) this.#bodies.set(name, code.slice(open + 1, close - 1));
      const alias = /^\s*(\w+)\s*;/.exec(code.slice(close));
      if (alias?.[1] !== undefined) this.#alias(alias[1], name);
    }
    for (const match of code.matchAll(/\btypedef\s+(?:struct\s+)?((?:unsigned\s+)?\w+)\s+(\w+)\s*;/g)) {
      this.#alias(match[2] ?? "", match[1] ?? "");
    }
  }

  #define(name: string, value: number): void {
    if (!this.#constants.has(name)) this.#constants.set(name, value);
  }

  #alias(name: string, type: string): void {
    if (!this.#aliases.has(name)) this.#aliases.set(name, type.replace(/\s+/g, " "));
  }

  #enumeration(body: string): void {
    let next = 0;
    for (const entry of body.split(",").map((part) => part.trim())) {
      const [name = "", expression] = entry.split("=").map((part) => part.trim());
      if (name === "") continue;
      const value = expression === undefined ? next : this.#or(expression);
      this.#define(name, value);
      next = value + 1;
    }
  }

  /** `a | b | 1<<c` */
  #or(expression: string): number {
    return expression.split("|").reduce((sum, term) => {
      const [base = "", shift = "0"] = term.split("<<");
      return sum | (this.#value(base) << this.#value(shift));
    }, 0);
  }

  /** `a*b*3` of numbers and constants. */
  #product(expression: string): number {
    return expression.split("*").reduce((product, factor) => product * this.#value(factor), 1);
  }

  #value(text: string): number {
    const token = text.replace(/[()\s]/g, "");
    const value = this.#constants.get(token) ?? Number(token);
    if (token === "" || !Number.isInteger(value)) throw new Error(`the value of "${text.trim()}" is unknown`);
    return value;
  }

  #resolve(type: string): string {
    let name = type.replace(/\s+/g, " ");
    while (C_TYPES[name] === undefined) {
      const next = this.#aliases.get(name);
      if (next === undefined || next === name) return name;
      name = next;
    }
    return name;
  }

  #bodyOf(type: string): string | undefined {
    return this.#bodies.get(this.#resolve(type)) ?? this.#bodies.get(type);
  }

  #place(body: string): Placed {
    const fields: Record<string, CField> = {};
    let end = 0;
    let alignment = 1;
    for (const member of membersOf(body)) {
      const { name, count, size, align, type, pointer, nested } = this.#member(member);
      const offset = roundUp(end, align);
      if (nested !== null && count === 1) {
        for (const [inner, field] of Object.entries(nested.fields)) {
          fields[`${name}.${inner}`] = { ...field, offset: offset + field.offset };
        }
      } else fields[name] = { offset, type, pointer, count };
      end = offset + size * count;
      alignment = Math.max(alignment, align);
    }
    return { size: roundUp(end, alignment), alignment, fields };
  }

  #member(text: string): {
    name: string;
    count: number;
    size: number;
    align: number;
    type: CField["type"];
    pointer: boolean;
    nested: Placed | null;
  } {
    const anonymous = /^struct\s*\{([\s\S]*)\}\s*(\w+)$/.exec(text);
    if (anonymous !== null) {
      const nested = this.#place(anonymous[1] ?? "");
      const name = anonymous[2] ?? "";
      return { name, count: 1, size: nested.size, align: nested.alignment, type: "struct", pointer: false, nested };
    }
    const match = DECLARATION.exec(text);
    if (match === null) throw new Error(`the member "${text}" is of no known form`);
    const [, type = "", stars = "", name = "", dimensions = ""] = match;
    const count = [...dimensions.matchAll(/\[([^\]]*)\]/g)].reduce((n, [, size = ""]) => n * this.#product(size), 1);
    const primitive = C_TYPES[this.#resolve(type)];
    if (stars !== "") {
      const target = stars.length > 1 ? "opaque" : (primitive ?? "opaque");
      return { name, count, size: POINTER_SIZE, align: POINTER_SIZE, type: target, pointer: true, nested: null };
    }
    if (primitive !== undefined) {
      const size = PRIMITIVE_SIZE[primitive];
      return { name, count, size, align: size, type: primitive, pointer: false, nested: null };
    }
    const inner = this.#bodyOf(type);
    if (inner === undefined) throw new Error(`the type of the member "${text}" is unknown`);
    const nested = this.#place(inner);
    return { name, count, size: nested.size, align: nested.alignment, type: "struct", pointer: false, nested };
  }
}
