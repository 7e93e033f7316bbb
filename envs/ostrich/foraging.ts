import type { Json, JsonObject } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { AXES, elementGroup } from "../gather-group.ts";
import { TERMINATED, type Task, type TaskLayout } from "../task.ts";
import { controlLayout, directControl, startEpisode } from "./control-layout.ts";
import { muscleGroups, stateGroups } from "./groups.ts";

/** Beak to target, m: nearer ends the episode. */
const REACHED = 0.05;
/** Targets lie in a ball around one site and outside a ball around another; radii in m. */
const ALLOWED = { site: "allowed_sphere", radius: 0.8 } as const;
const FORBIDDEN = { site: "forbidden_sphere", radius: 0.6 } as const;
/** 25 s */
const MAX_EPISODE_STEPS = 1000;

/** Position of a site that belongs to the world, m. */
function fixedSite(model: Model, name: string): readonly [number, number, number] {
  const at = 3 * model.id("site", name);
  const positions = model.floatsBorrow("site_pos");
  return [positions[at] ?? 0, positions[at + 1] ?? 0, positions[at + 2] ?? 0];
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>, from = 0): number {
  let sum = 0;
  for (let axis = 0; axis < 3; axis++) {
    const d = (a[axis] ?? 0) - (b[from + axis] ?? 0);
    sum += d * d;
  }
  return Math.sqrt(sum);
}

/** OstrichRL's `foraging`: bring the beak to a point; the neck starts where the last episode left it. */
export class Foraging implements Task {
  readonly layout: TaskLayout;
  readonly #beak: number;
  readonly #targetSite: number;
  readonly #allowed: readonly [number, number, number];
  readonly #forbidden: readonly [number, number, number];
  /** m */
  readonly #target = new Float64Array(3);
  /** Where the next episode starts, rad [nq]. */
  readonly #pose: Float64Array;
  #steps = 0;

  constructor(model: Model) {
    const beak = 3 * model.id("site", "beak");
    const target = this.#target;
    this.#beak = beak;
    this.#targetSite = 3 * model.id("site", "target");
    this.#allowed = fixedSite(model, ALLOWED.site);
    this.#forbidden = fixedSite(model, FORBIDDEN.site);
    this.#pose = new Float64Array(model.sizes.nq);
    const groups = [
      ...stateGroups(model, 0),
      ...muscleGroups(model),
      elementGroup("beak", "m", AXES, (p, axis) => p.siteXpos[beak + axis] ?? 0),
      elementGroup("target", "m", AXES, (_p, axis) => target[axis] ?? 0),
      elementGroup("target_beak", "m", AXES, (p, axis) => (target[axis] ?? 0) - (p.siteXpos[beak + axis] ?? 0)),
    ];
    this.layout = controlLayout(model, groups, {
      terms: ["distance"],
      weights: { distance: -1 },
      hiddenTerms: [],
      maxEpisodeSteps: MAX_EPISODE_STEPS,
      sensors: false,
    });
  }

  reset(p: Physics, rng: Rng, _options: JsonObject | undefined, first: boolean): void {
    if (first) this.#pose.fill(0);
    this.#steps = 0;
    startEpisode(p, () => {
      p.qpos.set(this.#pose);
      this.#drawTarget(rng);
      // For viewers; nothing of the physics depends on this site.
      p.edit("site_pos").set(this.#target, this.#targetSite);
      p.commitEdits();
    });
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directControl(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const away = distance(this.#target, p.siteXpos, this.#beak);
    terms[0] = away;
    this.#steps += 1;
    // dm_control does not ask a task whether it has ended at the time limit, and this one takes its pose when it is asked.
    if (this.#steps < MAX_EPISODE_STEPS) this.#pose.set(p.qpos);
    return away <= REACHED ? TERMINATED : 0;
  }

  save(): Json {
    return { target: [...this.#target], pose: [...this.#pose], steps: this.#steps };
  }

  load(state: Json): void {
    const { target, pose, steps } = state as { target: number[]; pose: number[]; steps: number };
    this.#target.set(target);
    this.#pose.set(pose);
    this.#steps = steps;
  }

  #drawTarget(rng: Rng): void {
    const target = this.#target;
    do {
      const phi = rng.uniform(0, 2 * Math.PI);
      const theta = Math.acos(rng.uniform(-1, 1));
      const radius = ALLOWED.radius * Math.cbrt(rng.uniform(0, 1));
      target[0] = radius * Math.sin(theta) * Math.cos(phi) + this.#allowed[0];
      target[1] = radius * Math.sin(theta) * Math.sin(phi) + this.#allowed[1];
      target[2] = radius * Math.cos(theta) + this.#allowed[2];
    } while (distance(target, this.#forbidden) <= FORBIDDEN.radius);
  }
}
