import { describe, expect, it } from "vitest";
import { GlobalSwitcher, RowSwitcher, type SwitchOptions, type Switcher } from "../../agents/dep-rl/switcher.ts";
import { rowStreams } from "../../agents/core/streams.ts";
import { createRng } from "../../protocol/random/generator.ts";

const OPTIONS: SwitchOptions = { rows: 2, initialSteps: 0, length: 3, probability: 1, testEpisodeEvery: null };

const rowSwitcher = (options: Partial<SwitchOptions>, seed = 1) => {
  const all = { ...OPTIONS, ...options };
  return new RowSwitcher(all, rowStreams(seed, all.rows, "exploration.dep-switch"));
};
const globalSwitcher = (options: Partial<SwitchOptions>, seed = 1) =>
  new GlobalSwitcher({ ...OPTIONS, ...options }, createRng(seed));

/**
 * One letter a step and row: D DEP, p policy, - policy and DEP does not see the step. Rows end an episode after the steps of
 * `ends` (by row).
 */
function trace(switcher: Switcher, steps: number, ends: readonly (readonly number[])[] = [], rows = 2): string[] {
  const letters = Array.from({ length: rows }, () => "");
  const turn = new Uint8Array(rows);
  for (let step = 0; step < steps; step++) {
    const sees = switcher.decide(turn);
    for (let row = 0; row < rows; row++) {
      letters[row]! += turn[row] === 1 ? "D" : sees ? "p" : "-";
      if (ends[row]?.includes(step)) switcher.endEpisode(row);
    }
  }
  return letters;
}

describe("RowSwitcher: traces by hand from the rules", () => {
  it("DEP alone until W steps of all rows, then the policy first", () => {
    // Two rows: 6 steps are three vector steps; then p, and with p = 1 a turn of L = 3 follows on every policy step.
    expect(trace(rowSwitcher({ initialSteps: 6 }), 12)).toEqual(["DDDpDDDpDDDp", "DDDpDDDpDDDp"]);
    expect(trace(rowSwitcher({ initialSteps: 5 }), 4)).toEqual(["DDDp", "DDDp"]);
    expect(trace(rowSwitcher({ initialSteps: 0 }), 5)).toEqual(["pDDDp", "pDDDp"]);
  });

  it("never switches with probability 0", () => {
    expect(trace(rowSwitcher({ probability: 0, initialSteps: 2 }), 6)).toEqual(["Dppppp", "Dppppp"]);
  });

  it("each row's own every k-th episode is the policy's; its turn stands still, DEP sees it", () => {
    // Row 0 ends after steps 1, 4 and 6: its second episode, steps 2 to 4, is the policy's; so is its fourth, from step 7.
    const every = rowSwitcher({ testEpisodeEvery: 2 });
    expect(trace(every, 10, [[1, 4, 6], []])).toEqual(["pDpppDDppp", "pDDDpDDDpD"]);
  });

  it("a row draws from its own stream: another row does not change it", () => {
    const both = trace(rowSwitcher({ probability: 0.3 }), 200);
    const lone = trace(rowSwitcher({ probability: 0.3, rows: 1 }, 2), 200, [], 1);
    expect(both[1]).toBe(lone[0]);
    expect(both[0]).not.toBe(both[1]);
  });

  it("a turn follows on the step whose draw was below p", () => {
    const stream = rowStreams(1, 1, "exploration.dep-switch")[0]!;
    let wanted = "";
    while (wanted.length < 300) wanted += stream.random() < 0.1 ? "pDDD" : "p";
    expect(trace(rowSwitcher({ probability: 0.1, rows: 1 }), 300, [], 1)[0]).toBe(wanted.slice(0, 300));
  });
});

describe("GlobalSwitcher: traces by hand from depRL's rules", () => {
  it("DEP while steps <= W, one vector step more than W steps; then the policy, for c is beyond L", () => {
    // steps = 0, 2, 4, 6 <= 6: four steps of DEP, c = 504 > 3: policy, c = 0 + 1; c = 1, 2, 3: DEP; c = 4: policy.
    expect(trace(globalSwitcher({ initialSteps: 6 }), 12)).toEqual(["DDDDpDDDpDDD", "DDDDpDDDpDDD"]);
    expect(trace(globalSwitcher({ probability: 0, initialSteps: 2 }), 5)).toEqual(["DDppp", "DDppp"]);
  });

  it("tests by the episodes of all rows, none finished counts as one, with DEP blind and the counter still", () => {
    // W = 0: step 0 is DEP's (0 <= 0), c = 501. No episode yet: test until row 1 ends after step 2 (1 episode): p, c = 1,
    // D, c = 2; rows 0 and 1 both end after step 4 (3 episodes, odd); D D (c = 4), p, and row 0 ends after step 7
    // (4 episodes): test from step 8 on.
    const ends = [
      [4, 7],
      [2, 4],
    ];
    expect(trace(globalSwitcher({ testEpisodeEvery: 2 }), 11, ends)).toEqual(["D--pDDDp---", "D--pDDDp---"]);
  });

  it("starts its counter at 500", () => {
    const counts = globalSwitcher({}).state.arrays["count"];
    expect([...counts!]).toEqual([500]);
    // L = 501: the step of the first phase makes it 501, so that one more step belongs to DEP.
    expect(trace(globalSwitcher({ length: 501, probability: 0 }), 4)[0]).toBe("DDpp");
  });

  it("all rows take the same turn", () => {
    const [first, second] = trace(globalSwitcher({ probability: 0.05 }), 500);
    expect(first).toBe(second);
    expect(first).toContain("pDDDp");
  });
});

describe("duty cycle L / (L + 1/p)", () => {
  const STEPS = 40_000;

  /**
   * Over T steps there are about T / (L + 1/p) turns; the number of policy steps between two is geometric of variance
   * (1 - p)/p², so that the share has the variance L² (1-p)/p² / (T (L + 1/p)³) by the renewal theorem.
   */
  it.each([
    ["humanreacher", 20, 0.01],
    ["hyfydy", 8, 0.00371],
    ["often", 4, 0.3],
  ])("%s: within 3 sigma, per row and global", (_name, length, probability) => {
    const cycle = length + 1 / probability;
    const rows = 8;
    const sigma = (steps: number) =>
      Math.sqrt((length ** 2 * (1 - probability)) / probability ** 2 / (steps * cycle ** 3));
    const share = (letters: readonly string[]) =>
      letters.join("").split("D").length / letters.reduce((sum, row) => sum + row.length, 0);
    const byRow = share(trace(rowSwitcher({ length, probability, rows }), STEPS, [], rows));
    expect(Math.abs(byRow - length / cycle)).toBeLessThan(3 * sigma(rows * STEPS));
    const global = share(trace(globalSwitcher({ length, probability }), 4 * STEPS).slice(0, 1));
    expect(Math.abs(global - length / cycle)).toBeLessThan(3 * sigma(4 * STEPS));
  });
});
