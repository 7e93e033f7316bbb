import type { Physics } from "../../engine/physics.ts";
import { separation } from "../../gather-group.ts";
import type { BimanualBody } from "./bimanual-body.ts";
import { norm } from "../vectors.ts";

/** Rise of object and palm, m, and elbow flexion, rad, that the lift terms want. */
const TARGET_RISE = 0.2;
const TARGET_ELBOW = 1;
/** Slope of `fin_open`, 1/m. */
const OPEN_SLOPE = -5;
/** Distances at which the logarithms end, m. */
const NEAR = 1e-6;
const NEAR_PASS = 1e-3;

/** Reward terms that follow from the posture alone, in the order of `postureTerms`. */
export const POSTURE_TERMS = ["reach_dist", "act", "fin_open", "fin_dis", "lift_bonus", "lift_height", "pass_err"];

/** Distance plus its logarithm: steep near zero. */
const steep = (distance: number, floor: number): number => distance + Math.log(distance + floor);
/** 0 at the wanted value, towards -5 away from it. */
const bell = (error: number): number => 5 * Math.exp(-10 * (error * error)) - 5;

/** @param heights0 heights of object and palm at the start, m [2] */
export function postureTerms(p: Physics, body: BimanualBody, heights0: Float64Array, terms: Float64Array): void {
  const { palm, object, fingertips } = body;
  let open = 0;
  let reach = 0;
  for (const tip of fingertips) {
    open += separation(p, tip, palm);
    reach += separation(p, tip, object);
  }
  const objectRise = body.objectAt(p, 2) - (heights0[0] ?? 0);
  const palmRise = body.palmHeight(p) - (heights0[1] ?? 0);
  terms[0] = steep(separation(p, palm, object), NEAR);
  terms[1] = norm(p.act) / p.act.length;
  terms[2] = Math.exp(OPEN_SLOPE * open);
  terms[3] = steep(reach, NEAR);
  terms[4] = bell(body.elbowFlexion(p) - TARGET_ELBOW);
  terms[5] = bell(Math.sqrt(objectRise * objectRise + palmRise * palmRise) - TARGET_RISE);
  terms[6] = steep(body.passDistance(p), NEAR_PASS);
}
