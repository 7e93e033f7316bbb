import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { MODEL_FLOATS, MODEL_INTS, type Engine, type Model, type Physics } from "../../envs/engine/physics.ts";
import { createEnv, findEnv, validateKwargs } from "../../envs/registry.ts";
import type { TaskEnv } from "../../envs/task-env.ts";
import { allocate } from "../../protocol/ndarray.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";
import { layoutOf } from "../../protocol/spaces.ts";

/** Recorded episodes; rows beyond them repeat them. */
const EPISODES = 16;
const NAME_BYTES = 32;
/** mjDSBL_SENSOR */
const DISABLE_SENSOR = 1 << 13;

/** A file of 32-bit integers and doubles, as physics_limit.c reads it. */
class Recording {
  readonly #parts: Uint8Array[] = [];

  int(value: number): void {
    this.#parts.push(new Uint8Array(Int32Array.of(value).buffer));
  }

  name(text: string): void {
    const bytes = new Uint8Array(NAME_BYTES);
    bytes.set(Buffer.from(text));
    this.#parts.push(bytes);
  }

  doubles(values: ArrayLike<number>): void {
    this.#parts.push(new Uint8Array(Float64Array.from(values).buffer));
  }

  edit(name: string, values: ArrayLike<number>): void {
    this.name(name);
    this.int(values.length);
    this.doubles(values);
  }

  save(file: string): void {
    writeFileSync(file, Buffer.concat(this.#parts));
  }
}

interface Episode {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly act: Float64Array;
  readonly ctrl: Float64Array[];
}

function differ(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return true;
  return false;
}

/** What the task changed in the model, its row's edits included. */
function writeEdits(into: Recording, pristine: Model, physics: Physics): void {
  const changed: [string, ArrayLike<number>][] = [];
  for (const field of MODEL_FLOATS) {
    const values = physics.edits.get(field) ?? physics.model.floatsBorrow(field);
    const own = Float64Array.from(values);
    if (differ(own, pristine.floatsBorrow(field))) changed.push([field, own]);
  }
  for (const field of MODEL_INTS) {
    const own = Float64Array.from(physics.model.intsBorrow(field));
    if (differ(own, pristine.intsBorrow(field))) changed.push([field, own]);
  }
  if (physics.meanInertia !== null) changed.push(["meaninertia", [physics.meanInertia]]);
  // Sensors are switched by the step, not by the model.
  changed.push(["disableflags", [physics.model.option("disableflags") & ~DISABLE_SENSOR]]);
  into.int(changed.length);
  for (const [name, values] of changed) into.edit(name, values);
}

/** One episode under uniform random actions. */
function play(env: TaskEnv, seed: number, rng: Rng): Episode {
  const out = {
    obs: layoutOf(env.spec.obs_space).buffers.map(({ dtype, size }) => allocate(dtype, size)),
    terms: new Float64Array(env.spec.info_keys.length),
    reward: 0,
    terminated: false,
    truncated: false,
    error: null,
  };
  const physics = env.physicsBorrow;
  const action = new Float32Array(layoutOf(env.spec.act_space).buffers[0]?.size ?? 0);
  env.resetInto(seed, undefined, out);
  const start = { qpos: physics.qpos.slice(), qvel: physics.qvel.slice(), act: physics.act.slice() };
  const ctrl: Float64Array[] = [];
  while (!out.terminated && !out.truncated) {
    for (let i = 0; i < action.length; i++) action[i] = 2 * rng.random() - 1;
    env.stepInto([action], out);
    ctrl.push(physics.ctrl.slice());
  }
  return { ...start, ctrl };
}

/**
 * Record what an environment asks of MuJoCo: `model.xml` with its files, and `workload.bin` with the task's edits of
 * the model, start states and controls of random episodes.
 */
export function writeWorkload(id: string, engine: Engine, folder: string): void {
  const definition = findEnv(id);
  const kwargs = validateKwargs(definition, {});
  const source = definition.source(kwargs, "light");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "model.xml"), source.xml);
  for (const file of source.files) {
    const target = path.join(folder, file.name);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(file.path, target);
  }
  const env = createEnv(definition, kwargs, engine, { seed: 0 });
  const rng = createRng(0);
  const episodes = Array.from({ length: EPISODES }, (_, seed) => play(env, seed, rng));
  const pristine = engine.load({ ...source, key: `${source.key}#pristine` });
  const recording = new Recording();
  writeEdits(recording, pristine, env.physicsBorrow);
  recording.int(env.spec.frame_skip);
  recording.int(definition.task(env.physicsBorrow.model, kwargs).layout.sensors ? 1 : 0);
  recording.int(episodes.length);
  for (const { qpos, qvel, act, ctrl } of episodes) {
    recording.int(ctrl.length);
    for (const state of [qpos, qvel, act, ...ctrl]) recording.doubles(state);
  }
  recording.save(path.join(folder, "workload.bin"));
  pristine[Symbol.dispose]();
  env[Symbol.dispose]();
}
