import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { reachDocs } from "./reach-docs.ts";
import { episodeLayout } from "../episode-layout.ts";
import { initialQpos } from "../initial-qpos.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { ReachSites, timeGroup } from "../obs-groups.ts";
import { loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";

/** Distance a site that counts as solved, m. */
const NEAR = 0.0125;
/** Control steps before the failure distance counts. */
const GRACE_STEPS = 2;
const WEIGHTS = { reach: 1, bonus: 4, penalty: 50 };
const TERMS = ["reach", "bonus", "act_reg", "penalty", "sparse", "solved", "done"];

type Vector3 = readonly [number, number, number];

export interface ReachSettings {
  /** Box of each tip's target, m, in order of the draws. */
  readonly sites: Readonly<Record<string, readonly [Vector3, Vector3]>>;
  /** Distance a site beyond which the episode fails, m. */
  readonly farThreshold?: number;
  /** Table of the pack with reachable targets [n, 3] (f8, m) within the box, of which one is drawn. */
  readonly workspace?: string;
  readonly frameSkip?: number;
}

/** MyoSuite's ReachEnvV0: bring fingertips to targets in space. */
export function reach(settings: ReachSettings): Recipe {
  return {
    family: "myosuite/reach",
    docs: reachDocs(settings),
    kwargs: {
      far_th: numberKwarg(settings.farThreshold ?? 0.35, "Distance a tip beyond which the episode fails, m.", {
        exclusiveMinimum: 0,
      }),
    },
    precision: "single",
    frameSkip: settings.frameSkip ?? 10,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new ReachTask(model, settings, kwargs, episode),
  };
}

/** Bytes of one row of a table of targets: three little-endian f8. */
const ROW_BYTES = 24;

/** Draws one row of a table of targets. Only that row is read, so that no environment of a batch holds the table. */
function drawRow(path: string, rng: Rng, out: Float64Array): void {
  const bytes = new Uint8Array(ROW_BYTES);
  const file = openSync(path, "r");
  try {
    const row = rng.integers(0, Math.floor(fstatSync(file).size / ROW_BYTES));
    readSync(file, bytes, 0, ROW_BYTES, row * ROW_BYTES);
  } finally {
    closeSync(file);
  }
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 3; i++) out[i] = view.getFloat64(8 * i, true);
}

class ReachTask implements Task {
  readonly layout: TaskLayout;
  readonly #settings: ReachSettings;
  readonly #episode: Episode;
  readonly #init: Float64Array;
  readonly #sites: ReachSites;
  readonly #far: number;
  /** Time until which the failure distance does not count, s. */
  readonly #grace: number;
  readonly #map: ActionMap;

  constructor(model: Model, settings: ReachSettings, kwargs: Kwargs, episode: Episode) {
    const dt = model.timestep * episode.frameSkip;
    this.#settings = settings;
    this.#episode = episode;
    this.#init = initialQpos(model, episode.normalizeAct);
    this.#sites = new ReachSites(model, Object.keys(settings.sites));
    this.#far = numberOf(kwargs, "far_th") * this.#sites.count;
    this.#grace = GRACE_STEPS * dt;
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [timeGroup(), qposGroup(model), stepGroup(model, dt), ...this.#sites.groups()],
      defaultObsKeys: ["qpos", "qvel", "tip_pos", "reach_err"],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.qpos.set(this.#init);
    this.#drawTargets(rng);
    p.forward();
  }

  #drawTargets(rng: Rng): void {
    const { target } = this.#sites;
    const { workspace, sites } = this.#settings;
    if (workspace !== undefined) {
      drawRow(this.#episode.dataPath(workspace), rng, target);
      return;
    }
    Object.values(sites).forEach(([low, high], k) => {
      for (let i = 0; i < 3; i++) target[3 * k + i] = rng.uniform(low[i] ?? 0, high[i] ?? 0);
    });
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const d = this.#sites.distance(p);
    const near = NEAR * this.#sites.count;
    const failed = indicator(p.time > this.#grace && d > this.#far);
    const { act } = p;
    terms[0] = -d;
    terms[1] = indicator(d < 2 * near) + indicator(d < near);
    terms[2] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[3] = -failed;
    terms[4] = -d;
    terms[5] = indicator(d < near);
    terms[6] = failed;
    return failed === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { target: [...this.#sites.target] };
  }

  load(state: Json): void {
    loadNumbers(mapOf(state)["target"], this.#sites.target);
  }
}
