import type { Recording, RecordingColumns } from "../../server/recording/recording.ts";

/** A walk whose every figure is known. */
export const GAIT = {
  /** s; no whole number of rows. */
  strideTime: 1.1037,
  strides: 7,
  /** Share of the stride on the ground. */
  stance: 0.62,
  /** m/s, at this angle to the world's x, rad. */
  speed: 1.25,
  heading: 0.5,
  /** kg */
  mass: 70,
  dt: 0.01,
} as const;
/** Peaks of the force's components, N: A sin, -B sin of twice the rate, C sin. */
export const FORCE = { vertical: 800, anterior: 150, medial: 40 } as const;
/** Angle of a hip, deg: middle, amplitude, and by how much every other stride has more or less. */
export const HIP = { middle: 20, amplitude: 25, change: 5 } as const;
const RADIANS = Math.PI / 180;

/** Force on a foot at a phase of its stride, N: along the way, towards the other foot, up. */
export function forceAt(phase: number): readonly [anterior: number, medial: number, vertical: number] {
  if (phase >= GAIT.stance) return [0, 0, 0];
  const share = phase / GAIT.stance;
  const up = Math.sin(Math.PI * share);
  return [-FORCE.anterior * Math.sin(2 * Math.PI * share), FORCE.medial * up, FORCE.vertical * up];
}

/** Stride and phase of a side at a time; the left is half a stride behind. */
export function phaseAt(time: number, side: 0 | 1): { readonly stride: number; readonly phase: number } {
  const at = time / GAIT.strideTime + 0.9 - 0.5 * side;
  return { stride: Math.floor(at), phase: at - Math.floor(at) };
}

/** rad */
export function hipAt(stride: number, phase: number): number {
  const amplitude = HIP.amplitude + (stride % 2 === 0 ? HIP.change : -HIP.change);
  return (HIP.middle + amplitude * Math.sin(2 * Math.PI * phase)) * RADIANS;
}

/** World components of a force on a side. */
export function worldForce(phase: number, side: 0 | 1): readonly [number, number, number] {
  const [anterior, medial, vertical] = forceAt(phase);
  const [c, s] = [Math.cos(GAIT.heading), Math.sin(GAIT.heading)];
  // Left of the way is (-s, c): medial for the right foot.
  const left = side === 0 ? medial : -medial;
  return [c * anterior - s * left, s * anterior + c * left, vertical];
}

/** Rows of the walk, each as `rowOf` makes it, joined. */
function rowsOf(count: number, rowOf: (time: number) => readonly number[]): Float64Array {
  return Float64Array.from(Array.from({ length: count }, (_, row) => rowOf(row * GAIT.dt)).flat());
}

/** Two hips, one muscle that is as active as the hip is bent, and the forces on the feet. */
export function syntheticGait(): Recording {
  const rows = Math.floor((GAIT.strides * GAIT.strideTime) / GAIT.dt);
  const sides = [0, 1] as const;
  const way = (time: number, ahead = 0): number[] => {
    const distance = GAIT.speed * time + ahead;
    return [distance * Math.cos(GAIT.heading), distance * Math.sin(GAIT.heading), 0.9];
  };
  const hip = (time: number, side: 0 | 1): number => {
    const { stride, phase } = phaseAt(time, side);
    return hipAt(stride, phase);
  };
  const columns: RecordingColumns = {
    time: rowsOf(rows, (time) => [time]),
    episode: new Float64Array(rows),
    qpos: rowsOf(rows, (time) => [...way(time), 1, 0, 0, 0, hip(time, 0), hip(time, 1)]),
    qvel: new Float64Array(8 * rows),
    act: rowsOf(rows, (time) => [phaseAt(time, 0).phase < 0.5 ? 1 : 0]),
    ctrl: new Float64Array(rows),
    reward: new Float64Array(rows),
    root_position: rowsOf(rows, (time) => way(time)),
    foot_position: rowsOf(rows, (time) =>
      sides.flatMap((side) => way(time, 0.3 * Math.cos(2 * Math.PI * phaseAt(time, side).phase))),
    ),
    foot_force: rowsOf(rows, (time) => sides.flatMap((side) => [...worldForce(phaseAt(time, side).phase, side)])),
  };
  const place = ["x", "y", "z", "qw", "qx", "qy", "qz"].map((axis) => `root.${axis}`);
  return {
    rows,
    columns,
    meta: {
      env: "synthetic-v0",
      kwargs: {},
      seed: 0,
      agent: { id: "formula" },
      engine: "none",
      model_sha256: null,
      dt: GAIT.dt,
      mass: GAIT.mass,
      qpos_names: [...place, "hip_flexion_r", "hip_flexion_l"],
      qpos_units: ["m", "m", "m", "1", "1", "1", "1", "rad", "rad"],
      qvel_names: Array.from({ length: 8 }, (_, i) => `v${i}`),
      qvel_units: Array<string>(8).fill("rad/s"),
      act_names: ["psoas_r"],
      ctrl_names: ["psoas_r"],
      feet: ["foot_r", "foot_l"],
    },
  };
}
