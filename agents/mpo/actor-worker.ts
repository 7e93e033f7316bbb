import { workerData } from "node:worker_threads";
import { openTensors } from "../core/tensor/tfjs.ts";
import { ActorStep } from "./actor-step.ts";
import { NO_MORE, SIGNAL, type ActorWorkerData } from "./actor-thread.ts";
import { actorSizes, criticSizes } from "./networks.ts";
import { TargetNets } from "./target-nets.ts";

const { backend, shape, config, memory, signals, reason } = workerData as ActorWorkerData;

/** Steps as they are wanted, until no more are. */
async function serve(): Promise<void> {
  using tensors = await openTensors({ backend });
  const { batch_size: batch, samples } = config;
  const actor = tensors.mlp(actorSizes(shape, config), memory.actor);
  const targetNets = {
    actor: tensors.mlp(actorSizes(shape, config), memory.targetActor),
    critic: tensors.mlp(criticSizes(shape, config), memory.targetCritic),
  };
  const targets = new TargetNets(targetNets, { batch, samples, actions: shape.actions });
  const step = new ActorStep({ actor, targets }, shape, config, memory);
  for (let done = 0; ; done++) {
    Atomics.wait(signals, SIGNAL.wanted, done);
    if (Atomics.load(signals, SIGNAL.wanted) === NO_MORE) return;
    // Between two steps the other thread moves the targets, and may restore a checkpoint.
    actor.touch();
    targets.touch();
    step.run();
    Atomics.store(signals, SIGNAL.done, done + 1);
    Atomics.notify(signals, SIGNAL.done);
  }
}

try {
  await serve();
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error);
  reason.set(new TextEncoder().encode(sentence).subarray(0, reason.length - 1));
  Atomics.store(signals, SIGNAL.done, NO_MORE);
  Atomics.notify(signals, SIGNAL.done);
}
