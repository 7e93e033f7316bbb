import type { Json } from "../../../protocol/env.ts";
import type { Model } from "../../engine/physics.ts";
import { TouchLabels } from "./touch-labels.ts";
import { mapOf } from "../recipe.ts";

/** What the ball may touch, in order of the observation group `touching_info`. */
export const BALL_TOUCH = { paddle: 0, own: 1, opponent: 2, net: 3, ground: 4, other: 5 } as const;
export const BALL_TOUCH_NAMES = ["paddle", "own", "opponent", "net", "ground", "other"];
/** Control steps in a row that one bounce on the own half may last. */
const BOUNCE_STEPS = 2;

const BALL_BODY = "pingpong";
const GEOMS = ["pad", "coll_own_half", "coll_opponent_half", "coll_net", "ground"];

/** Labels of what touches the ball. */
export function ballTouches(model: Model): TouchLabels {
  const geoms = GEOMS.map((name) => model.id("geom", name));
  return new TouchLabels(model, model.id("body", BALL_BODY), BALL_TOUCH_NAMES.length, (geom) => {
    const label = geoms.indexOf(geom);
    return label < 0 ? BALL_TOUCH.other : label;
  });
}

/** How a served ball fares: still in play, returned to the opponent's half, or a fault that ends the episode. */
export type Verdict = "play" | "returned" | "own_half" | "no_paddle" | "double_touch";
const VERDICTS: readonly Verdict[] = ["play", "returned", "own_half", "no_paddle", "double_touch"];

/**
 * The rules of one serve, step by step; what MyoSuite finds by going through the whole history of contacts anew in each
 * step. The first decision stands.
 */
export class BallRules {
  #verdict: Verdict = "play";
  #hit = false;
  #leftPaddle = false;
  #bounced = false;
  #bounceOver = false;
  #bounceSteps = 0;

  get verdict(): Verdict {
    return this.#verdict;
  }

  reset(): void {
    this.#verdict = "play";
    this.#hit = this.#leftPaddle = this.#bounced = this.#bounceOver = false;
    this.#bounceSteps = 0;
  }

  /** @param touching flags in order of `BALL_TOUCH` */
  next(touching: Uint8Array): void {
    if (this.#verdict !== "play") return;
    this.#verdict = this.#judge(
      touching[BALL_TOUCH.paddle] === 1,
      touching[BALL_TOUCH.own] === 1,
      touching[BALL_TOUCH.opponent] === 1,
    );
  }

  #judge(paddle: boolean, own: boolean, opponent: boolean): Verdict {
    if (!paddle && this.#hit) this.#leftPaddle = true;
    if (paddle && this.#leftPaddle) return "double_touch";
    if (paddle) this.#hit = true;
    if (own && !this.#mayBounce()) return "own_half";
    if (!own && this.#bounced) this.#bounceOver = true;
    if (!opponent) return "play";
    return this.#hit ? "returned" : "no_paddle";
  }

  /** Counts a step on the own half. */
  #mayBounce(): boolean {
    this.#bounced = true;
    this.#bounceSteps += 1;
    return !this.#bounceOver && this.#bounceSteps <= BOUNCE_STEPS;
  }

  save(): Json {
    return {
      verdict: this.#verdict,
      hit: this.#hit,
      leftPaddle: this.#leftPaddle,
      bounced: this.#bounced,
      bounceOver: this.#bounceOver,
      bounceSteps: this.#bounceSteps,
    };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    this.#verdict = VERDICTS.find((verdict) => verdict === saved["verdict"]) ?? "play";
    this.#hit = saved["hit"] === true;
    this.#leftPaddle = saved["leftPaddle"] === true;
    this.#bounced = saved["bounced"] === true;
    this.#bounceOver = saved["bounceOver"] === true;
    this.#bounceSteps = Number(saved["bounceSteps"]);
  }
}
