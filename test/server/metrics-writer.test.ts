import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crc32c } from "../../server/training/crc32c.ts";
import { MetricsWriter } from "../../server/training/metrics-writer.ts";
import { all, doubleOf, floatsOf, messages, only, textOf } from "../agents/protobuf-reader.ts";

const root = mkdtempSync(join(tmpdir(), "myoserve-metrics-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folderOf = (): string => mkdtempSync(join(root, "case-"));

/** One second later at every look. */
function clock(start: number): () => number {
  let ms = start;
  return () => (ms += 1000);
}

const csvOf = (folder: string): string => readFileSync(join(folder, "metrics.csv"), "utf8");
const eventFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.includes("tfevents"))
    .toSorted();

/** Events of a file; the masks of the checksums are undone by the formula's inverse. */
function eventsOf(path: string): Uint8Array[] {
  const bytes = readFileSync(path);
  const unmask = (value: number): number => {
    const rotated = (value - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const events: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const event = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(event));
    events.push(event);
    at += 16 + length;
  }
  return events;
}

/** Scalars of all files as [step, tag, value]. */
function scalarsOf(folder: string): [number, string, number][] {
  return eventFiles(folder).flatMap((name) =>
    eventsOf(join(folder, name)).flatMap((event) =>
      messages(event, 5).flatMap((summary) =>
        messages(summary, 1).map((value): [number, string, number] => [
          all(event, 2)[0] as number,
          textOf(only(value, 1)),
          floatsOf(only(value, 2))[0]!,
        ]),
      ),
    ),
  );
}

describe("metrics", () => {
  it("columns stay; a new key gets one at the end, a missing key an empty cell", async () => {
    const folder = folderOf();
    const writer = await MetricsWriter.open(folder, { resumeAt: 0, now: clock(0) });
    expect(csvOf(folder)).toBe("step,wall_time\n");
    await writer.write(10, { loss: 0.5, "train/return": -1 });
    await writer.write(20, { "train/return": NaN, 'a,"b"': Infinity });
    await writer.write(30, { loss: 1e-7, 'a,"b"': -Infinity });
    expect(csvOf(folder)).toBe(
      'step,wall_time,loss,train/return,"a,""b"""\n10,3,0.5,-1,\n20,4,,nan,inf\n30,5,1e-7,,-inf\n',
    );
    await expect(writer.write(40, { "two\nlines": 1 })).rejects.toThrow(/must be one line/);
    await writer.write(50, { loss: 2 });
    expect(csvOf(folder).split("\n").at(-2)).toBe("50,7,2,,");
  });

  it("rows asked for at once are written in order", async () => {
    const folder = folderOf();
    const writer = await MetricsWriter.open(folder, { resumeAt: 0 });
    await Promise.all([1, 2, 3, 4].map((step) => writer.write(step, { [`key${step}`]: step })));
    await writer.flush();
    expect(
      csvOf(folder)
        .trim()
        .split("\n")
        .slice(1)
        .map((row) => row.split(",", 1)[0]),
    ).toEqual(["1", "2", "3", "4"]);
    expect(scalarsOf(folder).map(([step]) => step)).toEqual([1, 2, 3, 4]);
  });

  it("a resumed run goes on as if it had not stopped: later rows and rows cut short are gone", async () => {
    const [stopped, straight] = [folderOf(), folderOf()];
    const rows = [1, 2, 3, 4].map((i) => [i * 100, { loss: 1 / i, ...(i > 1 ? { kl: i } : {}) }] as const);
    const write = async (folder: string, resumeAt: number, until: number, start: number): Promise<void> => {
      const writer = await MetricsWriter.open(folder, { resumeAt, now: () => start });
      for (const [step, metrics] of rows) if (step > resumeAt && step <= until) await writer.write(step, metrics);
    };
    await write(straight, 0, 400, 7000);
    await write(stopped, 0, 300, 7000);
    const [events] = eventFiles(stopped) as [string];
    truncateSync(join(stopped, events), readFileSync(join(stopped, events)).length - 3);
    writeFileSync(join(stopped, "metrics.csv"), csvOf(stopped).slice(0, -5));
    // The clock went back.
    await write(stopped, 200, 300, 7000);
    await write(stopped, 200, 400, 5000);
    expect(csvOf(stopped).replaceAll(/,(5|7),/g, ",t,")).toBe(csvOf(straight).replaceAll(",7,", ",t,"));
    expect(scalarsOf(stopped)).toEqual(scalarsOf(straight));
    expect(eventFiles(stopped)).toEqual(
      [7, 8, 9].map((n) => `events.out.tfevents.${String(n).padStart(10, "0")}.myoserve`),
    );
  });

  it("event files begin with their version and void what came after the step they go on from", async () => {
    const folder = folderOf();
    const writer = await MetricsWriter.open(folder, { resumeAt: 500, now: clock(1_700_000_000_000) });
    await writer.write(600, { loss: 0.25 });
    const [version, session, scalars] = eventsOf(join(folder, eventFiles(folder)[0]!)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(textOf(only(version, 3))).toBe("brain.Event:2");
    expect([all(session, 2), all(only(session, 7), 1)]).toEqual([[501], [1]]);
    expect(doubleOf(only(scalars, 1))).toBe(1_700_000_003);
    expect(scalarsOf(folder)).toEqual([[600, "loss", 0.25]]);
  });

  it("CRC-32C gives the check values of RFC 3720", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });
});
