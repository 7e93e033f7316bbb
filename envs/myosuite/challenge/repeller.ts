import type { Rng } from "../../../protocol/random/generator.ts";
import type { ColoredNoise } from "./colored-noise.ts";

/** Distance within which agent and walls repel, m, and the strength of their force. */
const INFLUENCE = 3.5;
const STRENGTH = 20;
const LEAST_DISTANCE = 0.00001;
/** The walls: points evenly spaced on a square, in order of the walls x = ±8.7, then y = ±8.7, m. */
const WALL = 8.7;
const WALL_POINTS = 25;
/** Where the repellers balance along an axis, m, a push of this range is drawn. */
const BALANCE = 0.1;
const PUSH = [0.3, 0.9] as const;
/** MyoSuite's quarter turn from the escape direction to the heading. */
const QUARTER_TURN = 1.57;

/** x and y of every wall point, [4 · 25, 2]. */
function wallPoints(): Float64Array {
  const points: number[] = [];
  for (const [axis, side] of [
    [0, 1],
    [0, -1],
    [1, 1],
    [1, -1],
  ] as const) {
    for (let i = 0; i < WALL_POINTS; i++) {
      const along = i === WALL_POINTS - 1 ? WALL : i * ((2 * WALL) / (WALL_POINTS - 1)) - WALL;
      if (axis === 0) points.push(side * WALL, along);
      else points.push(along, side * WALL);
    }
  }
  return Float64Array.from(points);
}

/** Into [0, 2π]. */
function wrapped(angle: number): number {
  const turn = 2 * Math.PI;
  let rest = angle;
  while (rest > turn) rest -= turn;
  while (rest < 0) rest += turn;
  return rest;
}

/** Direction of the turn from one heading to another, 1 or -1 rad/s; MyoSuite's, which does not always take the short way. */
function turnTowards(current: number, desired: number): number {
  const from = wrapped(current);
  const to = wrapped(desired);
  const clockwise = from + (2 * Math.PI - to);
  const anticlockwise = 2 * Math.PI - from + to;
  return clockwise < anticlockwise ? 1 : -1;
}

/** An opponent that is pushed away from the agent and the walls, and wanders where neither is near. */
export class Repeller {
  readonly #low: number;
  readonly #high: number;
  readonly #walls = wallPoints();
  readonly #escape = new Float64Array(2);
  #near = 0;
  #force = 0;

  /** @param speed least and most, m/s */
  constructor(speed: readonly [number, number]) {
    [this.#low, this.#high] = speed;
  }

  /**
   * Forward speed (m/s) and turning rate (rad/s) into `out` [2].
   * @param pose x, y, heading of the opponent
   */
  velocity(pose: Float64Array, agentX: number, agentY: number, noise: ColoredNoise, rng: Rng, out: Float64Array): void {
    const heading = pose[2] ?? 0;
    this.#sum(pose, agentX, agentY);
    if (this.#near === 0) {
      noise.sample(rng, out);
      out[0] = this.#clip(out[0] ?? 0);
      out[1] = turnTowards(heading, out[1] ?? 0);
      return;
    }
    for (let axis = 0; axis < 2; axis++) {
      const away = (pose[axis] ?? 0) - (this.#escape[axis] ?? 0) / this.#near;
      this.#escape[axis] = Math.abs(away) <= BALANCE ? -Math.sign(away) * rng.uniform(...PUSH) : away;
    }
    out[0] = this.#clip(this.#force / this.#near);
    out[1] = turnTowards(heading, Math.atan2(this.#escape[1] ?? 0, this.#escape[0] ?? 0) + QUARTER_TURN);
  }

  /** Number of the near repellers, sum of their positions and of their forces. */
  #sum(pose: Float64Array, agentX: number, agentY: number): void {
    this.#near = 0;
    this.#force = 0;
    this.#escape.fill(0);
    this.#add(pose, agentX, agentY);
    for (let i = 0; i < this.#walls.length; i += 2) this.#add(pose, this.#walls[i] ?? 0, this.#walls[i + 1] ?? 0);
  }

  #add(pose: Float64Array, x: number, y: number): void {
    const dx = x - (pose[0] ?? 0);
    const dy = y - (pose[1] ?? 0);
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance >= INFLUENCE) return;
    const closeness = 1 / Math.max(distance, LEAST_DISTANCE) - 1 / INFLUENCE;
    this.#near += 1;
    this.#force += 0.5 * STRENGTH * closeness * closeness;
    this.#escape[0] = (this.#escape[0] ?? 0) + x;
    this.#escape[1] = (this.#escape[1] ?? 0) + y;
  }

  #clip(speed: number): number {
    return Math.min(Math.max(speed, this.#low), this.#high);
  }
}
