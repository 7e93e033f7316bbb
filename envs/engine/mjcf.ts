/** Value of an MJCF attribute; undefined leaves it out. */
export type AttributeValue = string | number | boolean | readonly number[] | undefined;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One MJCF element. */
export interface MjcfElement {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly MjcfElement[];
}

/** `element("geom", { type: "sphere", size: 0.1 })` */
export function element(tag: string, attributes: Attributes = {}, children: readonly MjcfElement[] = []): MjcfElement {
  return { tag, attributes, children };
}

function attributeText(value: string | number | boolean | readonly number[]): string {
  const text = typeof value === "object" ? value.map(String).join(" ") : String(value);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function lines(node: MjcfElement, indent: string, out: string[]): void {
  let head = `${indent}<${node.tag}`;
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value !== undefined) head += ` ${name}="${attributeText(value)}"`;
  }
  if (node.children.length === 0) {
    out.push(`${head}/>`);
    return;
  }
  out.push(`${head}>`);
  for (const child of node.children) lines(child, `${indent}  `, out);
  out.push(`${indent}</${node.tag}>`);
}

/** MJCF text of a model; numbers in their shortest exact form. */
export function mjcfText(root: MjcfElement): string {
  const out: string[] = [];
  lines(root, "", out);
  return `${out.join("\n")}\n`;
}
