import type { Json } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Physics } from "../../engine/physics.ts";
import { loadNumbers, mapOf } from "../recipe.ts";
import { eulerToQuaternion } from "../rotations.ts";
import { ColoredNoise } from "./colored-noise.ts";
import { Repeller } from "./repeller.ts";
import { headingOf } from "./roll-pitch-yaw.ts";

/** Brownian noise of the random policy: exponent, steps a series, standard deviation (m/s and rad/s). */
const NOISE_EXPONENT = 2;
const NOISE_STEPS = 2000;
const NOISE_SCALE = 10;
/** Bound of either velocity when it is applied, m/s and rad/s. */
const SPEED_LIMIT = 2;
/** The opponent appears within ± this and stays within ± that, m. */
const SPAWN_BOUND = 5;
const ARENA_BOUND = 5.5;
/** Where it stands in the policy `static_stationary`: x, y (m), heading (rad). */
const STATIC_POSE = [0, -5, 0] as const;

/** What a fleeing opponent may do, in the order of the probabilities. */
export const POLICIES = ["static_stationary", "stationary", "random", "repeller"] as const;
type Policy = (typeof POLICIES)[number] | "chase_player";
const ALL_POLICIES: readonly Policy[] = [...POLICIES, "chase_player"];

type Range = readonly [number, number];

export interface OpponentSettings {
  /** Of the first three policies, or with `repeller` of all four. */
  readonly probabilities: readonly number[];
  readonly repeller: boolean;
  /** Least distance from the agent where it appears, m. */
  readonly minSpawnDistance: number;
  /** Forward speed of a chasing opponent, drawn once an episode, m/s. */
  readonly chaseSpeed: Range;
  /** Bounds of both velocities of the random policy, m/s and rad/s. */
  readonly randomSpeed: Range;
  /** Bounds of the repeller's forward speed, m/s. */
  readonly repellerSpeed: Range;
}

const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The scripted opponent of chase tag, mocap body 0: it flees by a policy drawn each episode, or chases the agent. */
export class Opponent {
  /** Forward speed (m/s) and turning rate (rad/s) of the policy, before the limit. */
  readonly velocity = new Float64Array(2);
  readonly #settings: OpponentSettings;
  /** Element of xpos where the agent's pelvis is. */
  readonly #agent: number;
  readonly #dt: number;
  readonly #noise = new ColoredNoise(NOISE_EXPONENT, NOISE_STEPS, NOISE_SCALE);
  readonly #repeller: Repeller;
  /** x, y (m), heading (rad). */
  readonly #pose = new Float64Array(3);
  /** Its rotation, of which only the heading is not 0. */
  readonly #euler = new Float64Array(3);
  #policy: Policy = "stationary";
  #chaseSpeed = 0;

  /** @param pelvis body of the agent; @param dt control step, s. */
  constructor(settings: OpponentSettings, pelvis: number, dt: number) {
    this.#settings = settings;
    this.#agent = 3 * pelvis;
    this.#dt = dt;
    this.#repeller = new Repeller(settings.repellerSpeed);
  }

  /** x, y (m) and heading (rad, -π to π) as mocap has them; valid until the next call. */
  poseBorrow(p: Physics): Float64Array {
    const { mocapPos } = p;
    this.#pose[0] = mocapPos[0] ?? 0;
    this.#pose[1] = mocapPos[1] ?? 0;
    this.#pose[2] = headingOf(p.mocapQuat, 0);
    return this.#pose;
  }

  /** New noise, policy, place and chasing speed, in MyoSuite's order of draws; the agent's position counts. */
  reset(p: Physics, rng: Rng, chases: boolean): void {
    this.#noise.draw(rng);
    this.velocity.fill(0);
    if (chases) this.#policy = "chase_player";
    else this.#drawPolicy(rng);
    do {
      this.#pose[0] = rng.uniform(-SPAWN_BOUND, SPAWN_BOUND);
      this.#pose[1] = rng.uniform(-SPAWN_BOUND, SPAWN_BOUND);
      this.#pose[2] = rng.uniform(-2 * Math.PI, 2 * Math.PI);
    } while (this.#agentDistance(p) < this.#settings.minSpawnDistance);
    if (this.#policy === "static_stationary") this.#pose.set(STATIC_POSE);
    this.#place(p);
    this.#chaseSpeed = rng.uniform(...this.#settings.chaseSpeed);
  }

  /** Where the probabilities leave a gap below 1, a repeller keeps the last episode's policy and the others are random. */
  #drawPolicy(rng: Rng): void {
    const { probabilities, repeller } = this.#settings;
    const drawn = rng.random();
    let sum = 0;
    for (let i = 0; i < probabilities.length; i++) {
      sum += probabilities[i] ?? 0;
      if (drawn >= sum) continue;
      this.#policy = POLICIES[i] ?? "random";
      return;
    }
    if (!repeller) this.#policy = "random";
  }

  #agentDistance(p: Physics): number {
    const { xpos } = p;
    const dx = (this.#pose[0] ?? 0) - (xpos[this.#agent] ?? 0);
    const dy = (this.#pose[1] ?? 0) - (xpos[this.#agent + 1] ?? 0);
    return Math.sqrt(dx * dx + dy * dy);
  }

  #place(p: Physics): void {
    const { mocapPos } = p;
    mocapPos[0] = this.#pose[0] ?? 0;
    mocapPos[1] = this.#pose[1] ?? 0;
    this.#euler[2] = this.#pose[2] ?? 0;
    eulerToQuaternion(this.#euler, p.mocapQuat, 0);
  }

  /** One control step of its policy. */
  move(p: Physics, rng: Rng): void {
    const pose = this.poseBorrow(p);
    this.#decide(p, rng);
    this.velocity[0] = Math.abs(this.velocity[0] ?? 0);
    const forward = clip(this.velocity[0], -SPEED_LIMIT, SPEED_LIMIT);
    const turn = clip(this.velocity[1] ?? 0, -SPEED_LIMIT, SPEED_LIMIT);
    const direction = (pose[2] ?? 0) + 0.5 * Math.PI;
    const x = (pose[0] ?? 0) - this.#dt * (forward * Math.cos(direction));
    const y = (pose[1] ?? 0) - this.#dt * (forward * Math.sin(direction));
    pose[0] = clip(x, -ARENA_BOUND, ARENA_BOUND);
    pose[1] = clip(y, -ARENA_BOUND, ARENA_BOUND);
    pose[2] = (pose[2] ?? 0) + this.#dt * turn;
    this.#place(p);
  }

  /** The policy's velocity at the present pose. */
  #decide(p: Physics, rng: Rng): void {
    const { velocity } = this;
    const { xpos } = p;
    const agentX = xpos[this.#agent] ?? 0;
    const agentY = xpos[this.#agent + 1] ?? 0;
    if (this.#policy === "chase_player") {
      const heading = this.#pose[2] ?? 0;
      velocity[0] = this.#chaseSpeed;
      velocity[1] =
        Math.cos(heading) * (agentX - (this.#pose[0] ?? 0)) + Math.sin(heading) * (agentY - (this.#pose[1] ?? 0));
    } else if (this.#policy === "repeller") {
      this.#repeller.velocity(this.#pose, agentX, agentY, this.#noise, rng, velocity);
    } else if (this.#policy === "random") {
      this.#noise.sample(rng, velocity);
      const [low, high] = this.#settings.randomSpeed;
      velocity[0] = clip(velocity[0] ?? 0, low, high);
      velocity[1] = clip(velocity[1] ?? 0, low, high);
    } else velocity.fill(0);
  }

  save(): Json {
    return {
      policy: this.#policy,
      chaseSpeed: this.#chaseSpeed,
      velocity: [...this.velocity],
      noise: this.#noise.save(),
    };
  }

  load(state: Json | undefined): void {
    const saved = mapOf(state ?? null);
    this.#policy = ALL_POLICIES.find((policy) => policy === saved["policy"]) ?? "stationary";
    this.#chaseSpeed = Number(saved["chaseSpeed"]);
    loadNumbers(saved["velocity"], this.velocity);
    this.#noise.load(saved["noise"]);
  }
}
