/** A table cell: one line, no column separator. */
function cell(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}

/** A Markdown table; empty where it has no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Text as code. */
export const code = (text: string): string => `\`${text}\``;

/** A number without the noise of its last digits. */
export function shortNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : value > 0 ? "∞" : "−∞";
}

/** A range of indices: `7` or `7–12`. */
export const indexRange = (first: number, count: number): string =>
  count === 1 ? String(first) : `${first}–${first + count - 1}`;

/** Sections that have a body, under their headings. */
export function sections(parts: readonly (readonly [heading: string, body: string])[]): string {
  return parts
    .filter(([, body]) => body !== "")
    .map(([heading, body]) => `## ${heading}\n\n${body}\n`)
    .join("\n");
}
