import type { Interval } from "./statistics.ts";

export type Decision = "supported" | "refuted" | "undecided";

/** Something measured against its bound. */
interface Part {
  readonly name: string;
  readonly bound: number;
  readonly side: "below" | "at least";
  readonly decision: Decision;
}

export interface ClaimPart extends Part {
  readonly ratio: Interval;
}

export interface DifferencePart extends Part {
  readonly difference: Interval;
}

/** A claim and what it rests on. */
export interface Claim<P extends Part = ClaimPart> {
  readonly name: string;
  readonly decision: Decision;
  readonly parts: readonly P[];
}

/** The whole interval on one side decides. */
export function decide({ low, high }: Interval, bound: number, side: Part["side"]): Decision {
  if (Number.isNaN(low) || Number.isNaN(high)) return "undecided";
  const below = high < bound;
  const above = low >= bound;
  if (!below && !above) return "undecided";
  return (side === "below") === below ? "supported" : "refuted";
}

/** Supported where all parts are, refuted where any is. */
export function whole<P extends Part>(name: string, parts: readonly P[]): Claim<P> {
  const decisions = parts.map(({ decision }) => decision);
  if (decisions.includes("refuted")) return { name, decision: "refuted", parts };
  return { name, decision: decisions.includes("undecided") ? "undecided" : "supported", parts };
}
