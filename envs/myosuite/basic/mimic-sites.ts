import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs, Task, TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { controlBox, normalizedMap, type ActionMap } from "../muscle-map.ts";
import { ReachSites } from "../obs-groups.ts";
import { loadNumbers, mapOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator } from "../vectors.ts";
import { mimicSitesDocs } from "./mimic-sites-docs.ts";

/** Decay of the reward, 1/m. */
const SCALE = 2;
/** Mean distance that counts as solved, m. */
const SOLVED = 0.04;
const TERMS = ["track_err", "dense", "sparse", "solved"];

export interface MimicSettings {
  /** Sites on the body, each with a target, in order of the draws. */
  readonly sites: readonly string[];
  /** Corners of the box in which targets are drawn, m, world coordinates. */
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
  /** Solver settings of the constructor; the model's own where absent. */
  readonly solver?: Readonly<Record<"iterations" | "ls_iterations" | "disableflags", number>>;
}

/** MyoSuite's MuscleMimic environments without a motion clip: bring sites of the body to drawn places. */
export function mimicSites(settings: MimicSettings): Recipe {
  const { solver } = settings;
  return {
    family: "myosuite/mimic",
    docs: mimicSitesDocs(settings),
    kwargs: {
      mimic_target_low: vectorKwarg(settings.low, "Low corner of the box in which targets are drawn, m."),
      mimic_target_high: vectorKwarg(settings.high, "High corner of the box in which targets are drawn, m."),
    },
    precision: "single",
    frameSkip: 5,
    edits: solver === undefined ? "none" : "mimic-solver",
    ...(solver === undefined ? {} : { prepare: (model: Model) => setSolver(model, solver) }),
    task: (model, kwargs, episode) => new MimicTask(model, settings, kwargs, episode),
  };
}

function setSolver(model: Model, solver: NonNullable<MimicSettings["solver"]>): void {
  model.setOption("iterations", solver.iterations);
  model.setOption("ls_iterations", solver.ls_iterations);
  model.setOption("disableflags", model.option("disableflags") | solver.disableflags);
}

class MimicTask implements Task {
  readonly layout: TaskLayout;
  /** The sigmoid saturates instead. */
  readonly unclipped = true;
  readonly #sites: ReachSites;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #map: ActionMap;

  constructor(model: Model, settings: MimicSettings, kwargs: Kwargs, episode: Episode) {
    this.#sites = new ReachSites(model, settings.sites);
    this.#low = vectorOf(kwargs, "mimic_target_low");
    this.#high = vectorOf(kwargs, "mimic_target_high");
    this.#map = normalizedMap(model, "single");
    const names = ["mimic_site_pos", "mimic_site_target", "mimic_site_err"];
    const sites = this.#sites.groups().map((group, i) => ({ ...group, name: names[i] ?? group.name }));
    this.layout = episodeLayout(model, episode, {
      actionSpace: controlBox(model),
      groups: [qposGroup(model), stepGroup(model, model.timestep * episode.frameSkip), ...sites],
      defaultObsKeys: ["qpos", "qvel", "act", ...names],
      terms: TERMS,
      weights: {},
      hiddenTerms: ["dense"],
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    const { target } = this.#sites;
    for (let i = 0; i < target.length; i++) {
      target[i] = Math.fround(rng.uniform(this.#low[i % 3] ?? 0, this.#high[i % 3] ?? 0));
    }
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  /** Mean distance of the sites from their targets, m. */
  #error({ siteXpos }: Physics): number {
    const { target, count } = this.#sites;
    let sum = 0;
    for (let site = 0; site < count; site++) {
      let square = 0;
      for (let j = 3 * site; j < 3 * site + 3; j++) square += (this.#sites.tip(siteXpos, j) - (target[j] ?? 0)) ** 2;
      sum += Math.sqrt(square);
    }
    return sum / count;
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const error = this.#error(p);
    terms[0] = error;
    terms[1] = Math.exp(-SCALE * error);
    terms[2] = -error;
    terms[3] = indicator(error < SOLVED);
    return 0;
  }

  save(): Json {
    return { target: [...this.#sites.target] };
  }

  load(state: Json): void {
    loadNumbers(mapOf(state)["target"], this.#sites.target);
  }
}
