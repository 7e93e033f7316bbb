import type { Model } from "../engine/physics.ts";
import { gatherGroup } from "../gather-group.ts";
import type { ObsGroupSpec } from "../task.ts";
import { muscleActuators } from "./muscle-map.ts";

/** Bounds of the observed muscle velocity (m/s) and force (kN). */
const CLIP = 100;
/** N in a kN. */
const KILO = 1000;

const clip = (x: number): number => Math.min(Math.max(x, -CLIP), CLIP);

/** `muscle_length` (m), `muscle_velocity` (m/s, clipped) and `muscle_force` (kN, clipped) of actuators. */
export function muscleGroups(model: Model, actuators = muscleActuators(model)): ObsGroupSpec[] {
  const names = Array.from(actuators, (id) => model.name("actuator", id));
  const at = Int32Array.from(actuators);
  const kilo = (x: number): number => clip(x / KILO);
  return [
    gatherGroup("muscle_length", { unit: "m", names, at, source: (p) => p.actuatorLength }),
    gatherGroup("muscle_velocity", { unit: "m/s", names, at, source: (p) => p.actuatorVelocity, value: clip }),
    gatherGroup("muscle_force", { unit: "kN", names, at, source: (p) => p.actuatorForce, value: kilo }),
  ];
}
