import { appendFile, readFile } from "node:fs/promises";
import { writeDurably } from "../../agents/core/durable.ts";

/*
 * Comma-separated values (RFC 4180, lines end with \n). The columns of the head never move: a new one comes last, and the
 * rows before it are empty there.
 */

/** Cells of a row by column. */
export type CsvRow = Readonly<Record<string, number>>;

function numberText(value: number | undefined): string {
  if (value === undefined) return "";
  if (Number.isNaN(value)) return "nan";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "inf" : "-inf";
}

/** NaN for a cell that is empty. */
function numberOf(text: string): number {
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  return text === "" ? Number.NaN : Number(text);
}

const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** Names of a head that `quoted` wrote; a name may hold commas but, as the head is one line, no line breaks. */
function namesOf(head: string): string[] {
  const cells = head.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  return cells.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

async function linesOf(path: string): Promise<string[]> {
  try {
    // What follows the last line break is a line that was not written to its end.
    return (await readFile(path, "utf8")).split("\n").slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function assertName(name: string): void {
  if (name.length > 0 && !/[\r\n]/.test(name)) return;
  throw new RangeError(`A column's name must be one line and not empty, got ${JSON.stringify(name)}.`);
}

/** A table in a file; a last line that was not written to its end is no row, and no file no table. */
export async function readCsv(path: string): Promise<{ readonly columns: string[]; readonly rows: Float64Array[] }> {
  const [head, ...lines] = await linesOf(path);
  const columns = head === undefined ? [] : namesOf(head);
  return { columns, rows: lines.map((line) => Float64Array.from(line.split(","), numberOf)) };
}

/** A table that grows at its end, in columns and rows. */
export class CsvLog {
  readonly #path: string;
  #columns: string[];

  private constructor(path: string, columns: readonly string[]) {
    this.#path = path;
    this.#columns = [...columns];
  }

  /**
   * Go on with a file, or begin one.
   * @param keep the rows that stay, by the number in their first column; a row cut short does not
   */
  static async open(path: string, columns: readonly string[], keep: (first: number) => boolean): Promise<CsvLog> {
    const [head, ...rows] = await linesOf(path);
    const log = new CsvLog(path, head === undefined ? columns : namesOf(head));
    const kept = rows.filter((row) => keep(Number(row.split(",", 1)[0])));
    await log.#rewrite(kept);
    return log;
  }

  async append(row: CsvRow): Promise<void> {
    const fresh = Object.keys(row).filter((name) => !this.#columns.includes(name));
    if (fresh.length > 0) await this.#widen(fresh);
    await appendFile(this.#path, `${this.#columns.map((name) => numberText(row[name])).join(",")}\n`);
  }

  /** The whole file anew under the longer head, so that no row is ever read under a wrong one. */
  async #widen(fresh: readonly string[]): Promise<void> {
    fresh.forEach(assertName);
    const [, ...rows] = await linesOf(this.#path);
    this.#columns = [...this.#columns, ...fresh];
    await this.#rewrite(rows.map((row) => `${row}${",".repeat(fresh.length)}`));
  }

  async #rewrite(rows: readonly string[]): Promise<void> {
    const text = [this.#columns.map(quoted).join(","), ...rows].map((line) => `${line}\n`).join("");
    await writeDurably(this.#path, new TextEncoder().encode(text));
  }
}
