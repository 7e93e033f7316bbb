import type { Model, Physics } from "../engine/physics.ts";
import type { ObsGroupSpec } from "../task.ts";

/** Bounds of the observed velocity (m/s) and force (kN). */
const CLIP = 100;
/** N in a kN. */
const KILO = 1000;

const clip = (x: number): number => Math.min(Math.max(x, -CLIP), CLIP);

/** `muscle_length`, `muscle_velocity` and `muscle_force` of every actuator as MyoSuite's locomotion tasks observe them. */
export function actuatorGroups(model: Model): ObsGroupSpec[] {
  const names = Array.from({ length: model.sizes.nu }, (_, id) => model.name("actuator", id));
  const group = (
    name: string,
    unit: string,
    source: (p: Physics) => Float64Array,
    value: (x: number) => number,
  ): ObsGroupSpec => ({
    name,
    shape: [names.length],
    unit,
    names,
    write: (p, out, offset) => {
      const values = source(p);
      for (let i = 0; i < names.length; i++) out[offset + i] = value(values[i] ?? 0);
    },
  });
  return [
    group(
      "muscle_length",
      "m",
      (p) => p.actuatorLength,
      (x) => x,
    ),
    group("muscle_velocity", "m/s", (p) => p.actuatorVelocity, clip),
    group(
      "muscle_force",
      "kN",
      (p) => p.actuatorForce,
      (x) => clip(x / KILO),
    ),
  ];
}
