import { expect, it } from "vitest";
import { createRng } from "../../protocol/random/generator.ts";
import { BALL_TOUCH, BallRules, type Verdict } from "../../envs/myosuite/challenge/ball-rules.ts";

const LABELS = Object.keys(BALL_TOUCH).length;
/** Probability of each label in a step: paddle, own, opponent, net, ground, other. */
const CHANCES = [0.25, 0.2, 0.08, 0.1, 0.1, 0.1];

const touching = (...labels: number[]): Uint8Array =>
  Uint8Array.from({ length: LABELS }, (_, label) => (labels.includes(label) ? 1 : 0));

/** First step of a history from `from` on where the condition holds. */
function first(history: readonly Uint8Array[], holds: (step: number) => boolean, from = 0): number {
  for (let step = from; step < history.length; step++) if (holds(step)) return step;
  return Infinity;
}

/** The verdict from the whole history at once: what happens first counts. */
function judged(history: readonly Uint8Array[]): Verdict {
  const has = (label: number) => (step: number) => history[step]?.[label] === 1;
  const [paddle, own, opponent] = [has(BALL_TOUCH.paddle), has(BALL_TOUCH.own), has(BALL_TOUCH.opponent)];
  const hit = first(history, paddle);
  const left = first(history, (step) => !paddle(step), hit);
  const bounce = first(history, own);
  const bounced = first(history, (step) => !own(step), bounce);
  const arrival = first(history, opponent);
  const faults: [number, Verdict][] = [
    [first(history, paddle, left), "double_touch"],
    [first(history, (step) => own(step) && (step > bounced || step >= bounce + 2), bounce), "own_half"],
    [arrival, hit <= arrival ? "returned" : "no_paddle"],
  ];
  const [step, verdict] = faults.toSorted((a, b) => a[0] - b[0])[0]!;
  return step === Infinity ? "play" : verdict;
}

it.each([
  ["a return", [[1], [], [0], [], [2]], "returned"],
  ["a long touch of the paddle", [[0], [0], [0], [], [2]], "returned"],
  ["a bounce of two steps", [[1], [1], [], [0], [], [2]], "returned"],
  ["a bounce of three steps", [[1], [1], [1]], "own_half"],
  ["a second bounce", [[1], [], [1]], "own_half"],
  ["a second touch of the paddle", [[0], [], [0], [2]], "double_touch"],
  ["a volley by nobody", [[1], [], [2]], "no_paddle"],
  ["paddle and opponent's half in one step", [[0, 2]], "returned"],
  ["net, ground and player", [[3], [4], [5]], "play"],
] as const)("%s", (_, history, verdict) => {
  const rules = new BallRules();
  for (const labels of history) rules.next(touching(...labels));
  expect(rules.verdict).toBe(verdict);
  rules.next(touching(BALL_TOUCH.paddle, BALL_TOUCH.opponent));
  expect(rules.verdict).toBe(verdict === "play" ? "returned" : verdict);
});

it("finds step by step what the whole history says", () => {
  const rng = createRng(0);
  const verdicts = new Set<Verdict>();
  for (let serve = 0; serve < 2000; serve++) {
    const history: Uint8Array[] = [];
    let rules = new BallRules();
    for (let step = 0; step < 12; step++) {
      history.push(Uint8Array.from(CHANCES, (chance) => (rng.random() < chance ? 1 : 0)));
      rules.next(history.at(-1)!);
      expect(rules.verdict).toBe(judged(history));
      const copy = new BallRules();
      copy.load(JSON.parse(JSON.stringify(rules.save())) as ReturnType<BallRules["save"]>);
      rules = copy;
    }
    verdicts.add(rules.verdict);
  }
  expect(verdicts.size).toBe(5);
});
