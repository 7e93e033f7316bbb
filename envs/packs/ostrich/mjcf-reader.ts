import { element, type MjcfElement } from "../../engine/mjcf.ts";

/** A comment or declaration, an end tag, a start tag with its attributes. */
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

interface OpenElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: MjcfElement[];
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? "";
    attributes[name] = value.replace(/&(\w+);/g, (all, entity: string) => ENTITIES[entity] ?? all);
  }
  return attributes;
}

/**
 * The elements of an MJCF text; comments are dropped, attributes stay as they are written.
 * @throws Error where it is not well-formed, or holds text between elements, which MJCF has none of.
 */
export function readMjcf(text: string): MjcfElement {
  const root: OpenElement = { tag: "", attributes: {}, children: [] };
  const open = [root];
  let end = 0;
  const between = (from: number, to: number): void => {
    const rest = text.slice(from, to).trim();
    if (rest !== "") throw new Error(`unexpected text "${rest.slice(0, 40)}"`);
  };
  for (const match of text.matchAll(TOKEN)) {
    between(end, match.index);
    end = match.index + match[0].length;
    const [, closed, tag, attributes = "", isEmpty] = match;
    if (tag !== undefined) open.push({ tag, attributes: attributesOf(attributes), children: [] });
    if (closed === undefined && isEmpty !== "/") continue;
    const done = open.pop();
    if (done === undefined || open.length === 0 || (closed !== undefined && closed !== done.tag)) {
      throw new Error(`</${closed ?? ""}> ends what was not begun`);
    }
    open.at(-1)?.children.push(element(done.tag, done.attributes, done.children));
  }
  between(end, text.length);
  const [top] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || top === undefined) throw new Error("not one closed element");
  return top;
}
