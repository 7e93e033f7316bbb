import type { Interval } from "./statistics.ts";

export type Decision = "supported" | "refuted" | "undecided";

/** A ratio against its bound. */
export interface ClaimPart {
  readonly name: string;
  readonly ratio: Interval;
  readonly bound: number;
  readonly side: "below" | "at least";
  readonly decision: Decision;
}

/** A claim and what it rests on. */
export interface Claim {
  readonly name: string;
  readonly decision: Decision;
  readonly parts: readonly ClaimPart[];
}

/** The whole interval on one side decides. */
export function decide({ low, high }: Interval, bound: number, side: ClaimPart["side"]): Decision {
  if (Number.isNaN(low) || Number.isNaN(high)) return "undecided";
  const below = high < bound;
  const above = low >= bound;
  if (!below && !above) return "undecided";
  return (side === "below") === below ? "supported" : "refuted";
}

/** Supported where all parts are, refuted where any is. */
export function whole(name: string, parts: readonly ClaimPart[]): Claim {
  const decisions = parts.map(({ decision }) => decision);
  if (decisions.includes("refuted")) return { name, decision: "refuted", parts };
  return { name, decision: decisions.includes("undecided") ? "undecided" : "supported", parts };
}
