import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionBox, controlBox, directMap, muscleNames, normalizedMap, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import { choiceKwarg, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, meanSquare } from "../vectors.ts";
import { HeightMap } from "./height-map.ts";
import { LimitPain } from "./limit-pain.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { OslBody } from "./osl-body.ts";
import { OslController } from "./osl-controller.ts";
import { OslStart, STARTS } from "./osl-start.ts";
import { RUN_TRACK_DOCS } from "./run-track-docs.ts";
import { raiseTrack, Track, TRACK_HEIGHT, TRACKS, type TrackChoice, type TrackDifficulties } from "./track.ts";

const FRAME_SKIP = 5;
/** How many difficulties a list has depends on the rows of the track. */
const SOME = { minItems: 1 };
/** Running back this far behind the start line loses, m. */
const RETREAT = 2;
/** Distance factor of the observed heights. */
const HEIGHT_SPACING = 5;
const WEIGHTS = { sparse: 1, solved: 10 };
const TERMS = ["act_reg", "pain", "lose", "sparse", "solved", "done"];

export interface RunTrackSettings {
  readonly track: TrackChoice;
  readonly difficulties: TrackDifficulties;
  /** y of the start and of the finish, m. */
  readonly start: number;
  readonly finish: number;
}

function kwargsOf({ track, difficulties, start, finish }: RunTrackSettings): Recipe["kwargs"] {
  const order = "in walking order (the first patch stays flat), m";
  return {
    reset_type: choiceKwarg(
      STARTS,
      "random",
      "Start: a drawn pose, place and heading behind the start line; the standing keyframe; a row of a recorded gait.",
    ),
    terrain: choiceKwarg(TRACKS, track, "Flat, one drawn kind of ground all along, or a drawn kind for each patch."),
    hills_difficulties: vectorKwarg(difficulties.hilly, `Heights of hills, ${order}.`, {}, SOME),
    rough_difficulties: vectorKwarg(
      difficulties.rough,
      `Largest heights of rough patches, ${order}.`,
      { minimum: 0 },
      SOME,
    ),
    stairs_difficulties: vectorKwarg(difficulties.stairs, `Heights of one of three steps, ${order}.`, {}, SOME),
    real_width: numberKwarg(1, "Distance from the middle of the track that loses, m.", { exclusiveMinimum: 0 }),
    real_length: numberKwarg(120, "Length that the group hfield takes the track to have, m.", { exclusiveMinimum: 0 }),
    start_pos: numberKwarg(start, "y of the start line, m; running is towards -y."),
    end_pos: numberKwarg(finish, "y of the finish, m."),
  };
}

/** MyoSuite's RunTrackEnv: run along a track with a prosthetic leg that its own controller drives. */
export function runTrack(settings: RunTrackSettings): Recipe {
  return {
    family: "myosuite/run-track",
    docs: RUN_TRACK_DOCS,
    kwargs: kwargsOf(settings),
    precision: "single",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "track",
    prepare: raiseTrack,
    task: (model, kwargs, episode) => new RunTrackTask(model, kwargs, episode),
  };
}

class RunTrackTask implements Task {
  readonly layout: TaskLayout;
  readonly #starts: OslStart;
  readonly #track: Track;
  readonly #body: OslBody;
  readonly #osl: OslController;
  readonly #pain: LimitPain;
  readonly #map: ActionMap;
  readonly #normalized: boolean;
  readonly #width: number;
  readonly #start: number;
  readonly #finish: number;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    const muscles = muscleNames(model);
    this.#width = numberOf(kwargs, "real_width");
    this.#start = numberOf(kwargs, "start_pos");
    this.#finish = numberOf(kwargs, "end_pos");
    this.#starts = new OslStart(model, kwargs["reset_type"] ?? null, { width: this.#width, start: this.#start }, () =>
      episode.dataPath("sample_gait_cycle"),
    );
    this.#track = new Track(model, kwargs["terrain"] as TrackChoice, {
      hilly: [...vectorOf(kwargs, "hills_difficulties")],
      rough: [...vectorOf(kwargs, "rough_difficulties")],
      stairs: [...vectorOf(kwargs, "stairs_difficulties")],
    });
    this.#body = new OslBody(model, muscles);
    this.#osl = new OslController(model);
    this.#pain = new LimitPain(model);
    this.#normalized = episode.normalizeAct;
    this.#map = this.#normalized ? normalizedMap(model, "single") : directMap;
    const heights = new HeightMap(model, {
      length: numberOf(kwargs, "real_length"),
      width: this.#width,
      spacing: HEIGHT_SPACING,
    });
    const groups = this.#body.groups(model.timestep * episode.frameSkip);
    this.layout = episodeLayout(model, episode, {
      actionSpace: this.#normalized ? actionBox(muscles.length, -1, 1) : controlBox(model, muscles.length),
      groups: [timeGroup(), this.#track.group(), ...groups, heights.group()],
      defaultObsKeys: OslBody.defaultKeys,
      terms: TERMS,
      weights: WEIGHTS,
      sensors: true,
      forces: true,
      muscles,
    });
  }

  reset(p: Physics, rng: Rng): void {
    if (this.#track.isDrawn) {
      this.#track.sample(rng, p.edit("hfield_data"));
      p.commitEdits();
    }
    p.resetData();
    this.#osl.phase = this.#starts.draw(p, rng);
    p.forward();
    if (!this.#starts.isLowered) return;
    p.qpos[2] = (p.qpos[2] ?? 0) + (TRACK_HEIGHT - this.#body.soleHeight(p));
    p.forward();
  }

  /** Muscles from the action, then the two drives of the prosthesis. */
  applyAction(p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
    this.#osl.apply(p, ctrl, this.#normalized);
  }

  #lost(p: Physics): boolean {
    const { qpos } = p;
    const strayed = Math.abs(qpos[0] ?? 0) > this.#width || (qpos[1] ?? 0) > this.#start + RETREAT;
    return strayed || this.#body.fallen(p);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const lost = this.#lost(p);
    const won = (p.qpos[1] ?? 0) < this.#finish;
    terms[0] = meanSquare(p.act);
    terms[1] = this.#pain.of(p);
    terms[2] = indicator(lost);
    terms[3] = -(p.qvel[1] ?? 0);
    terms[4] = indicator(won);
    terms[5] = indicator(lost || won);
    return lost || won ? TERMINATED : 0;
  }

  save(): Json {
    return { phase: this.#osl.phase, ground: this.#track.ground };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    this.#osl.load(saved["phase"]);
    this.#track.ground = Number(saved["ground"]);
  }
}
