import type { Json } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { muscleNames } from "../myosuite/muscle-map.ts";
import { TERMINATED, type ObsGroupSpec, type Task, type TaskLayout } from "../task.ts";
import { actionControl, type ActionControl } from "./actions.ts";
import type { Entry } from "./fields.ts";
import { FREE_GROUPS, OBSERVATIONS } from "./observations.ts";
import type { TermValue } from "./reward-term.ts";
import { REWARDS } from "./rewards.ts";
import { Scene } from "./scene.ts";
import { Start } from "./start.ts";
import { Targets } from "./targets.ts";
import { kindOf, nameOf, type Item, type TaskFile } from "./task-file.ts";
import { TERMINATIONS, type Condition } from "./terminations.ts";

/** What an item of a catalogue builds; its kind was checked when the file was read. */
export function buildItem<Result>(
  catalogue: Readonly<Record<string, Entry<Scene, Result>>>,
  tag: string,
  item: Item,
  scene: Scene,
): Result {
  const found = catalogue[kindOf(item, tag)];
  if (found === undefined)
    throw scene.fault(`${tag} "${kindOf(item, tag)}" is not in the catalogue; see envs/README.md.`);
  return found.build(item as never, scene);
}

/** The groups of the file, then those without parameters whose names it leaves free. */
function groupsOf(file: TaskFile, scene: Scene): ObsGroupSpec[] {
  const listed = file.observation.map((item) => ({
    ...buildItem(OBSERVATIONS, "group", item, scene),
    name: nameOf(item, "group"),
  }));
  const free = FREE_GROUPS.filter((name) => !listed.some((group) => group.name === name));
  return [...listed, ...free.map((name) => ({ ...buildItem(OBSERVATIONS, "group", { group: name }, scene), name }))];
}

/** Terms of sensors, or of contact forces, which are those of the state after the step for the same price. */
const SENSOR_TERMS: readonly unknown[] = ["sensor", "contact_load_cost", "body_contact_cost"];
const usesSensor = (item: Item): boolean => item["group"] === "sensor" || SENSOR_TERMS.includes(item["term"]);

/** A task that a file describes: start, targets, action map, weighted terms and ends out of catalogues. */
export class DeclarativeTask implements Task {
  readonly layout: TaskLayout;
  readonly #targets = new Targets();
  readonly #start: Start;
  readonly #control: ActionControl;
  readonly #previousCtrl: Float64Array;
  readonly #terms: readonly TermValue[];
  readonly #ends: readonly { readonly after: number; readonly holds: Condition }[];

  /**
   * @param label name of the file, for error sentences.
   * @throws MyoError BAD_OPTIONS where the model lacks what the file names.
   */
  constructor(label: string, file: TaskFile, model: Model) {
    const scene = new Scene(label, model, this.#targets);
    this.#previousCtrl = scene.previousCtrl;
    this.#targets.build(file.targets, scene);
    this.#start = new Start(file.reset, scene);
    this.#control = actionControl(file.action.map, scene);
    this.#terms = file.reward.map((item) => buildItem(REWARDS, "term", item, scene));
    this.#ends = file.termination.map((item) => ({
      after: Number(item["after"]),
      holds: buildItem(TERMINATIONS, "when", item, scene),
    }));
    const names = file.reward.map((item) => nameOf(item, "term"));
    const weighted = names.map((name, i) => [name, Number(file.reward[i]?.["weight"])] as const);
    this.layout = {
      actionSpace: this.#control.space,
      groups: groupsOf(file, scene),
      defaultObsKeys: file.observation.map((item) => nameOf(item, "group")),
      terms: names,
      weights: Object.fromEntries(weighted.filter(([, weight]) => weight !== 0)),
      hiddenTerms: [],
      frameSkip: file.frame_skip,
      maxEpisodeSteps: file.max_episode_steps,
      sensors: [...file.observation, ...file.reward].some(usesSensor),
      movesBeforeStep: false,
      muscles: muscleNames(model),
      appendsAct: false,
    };
  }

  reset(p: Physics, rng: Rng): void {
    this.#start.apply(p, rng);
    this.#targets.draw(p, rng);
    p.forward();
  }

  applyAction(p: Physics, action: NumericArray, ctrl: Float64Array): void {
    // Read by the terms of the same step, so that it is no part of a snapshot: p.ctrl is.
    this.#previousCtrl.set(p.ctrl);
    this.#control.map(action, ctrl);
  }

  evaluate(p: Physics, action: NumericArray, terms: Float64Array): number {
    const ended = this.#ended(p);
    for (let i = 0; i < this.#terms.length; i++) terms[i] = this.#terms[i]?.(p, action, ended) ?? 0;
    return ended ? TERMINATED : 0;
  }

  #ended(p: Physics): boolean {
    const { time } = p;
    for (const { after, holds } of this.#ends) if (time > after && holds(p)) return true;
    return false;
  }

  save(): Json {
    return this.#targets.save();
  }

  load(state: Json): void {
    this.#targets.load(state);
  }
}
