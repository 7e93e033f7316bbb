import { SIDES, type Recording, type Side } from "../recording/recording.ts";
import { overCycle, valueAt } from "./curves.ts";
import type { Cycle } from "./gait-cycles.ts";

/** m/s² */
export const GRAVITY = 9.81;
const DEGREES = 180 / Math.PI;
/** Percent of a share. */
const PERCENT = 100;
/** Joint coordinates with a suffix are those of free and ball joints: places and quaternions. */
const SUFFIX = ".";

export type SignalKind = "angle" | "force" | "activation";

/** Something that is drawn over the gait cycle. */
export interface Signal {
  readonly name: string;
  /** Its name without the side, for what both sides have. */
  readonly base: string;
  readonly kind: SignalKind;
  /** deg, %BW (percent of body weight), or 1. */
  readonly unit: string;
  /** Whose cycles it is drawn over; null: it belongs to no side, and the right foot's are taken. */
  readonly side: Side | null;
  /** Over one cycle at 0 to 100 percent. */
  curve(cycle: Cycle): Float64Array;
}

/** Side and base of names such as `hip_flexion_r`, `l_knee`. */
export function sideOf(name: string): { readonly base: string; readonly side: Side | null } {
  const found = /^(?:([rl])_(.+)|(.+)_([rl]))$/.exec(name);
  if (found === null) return { base: name, side: null };
  const letter = found[1] ?? found[4];
  return { base: found[2] ?? found[3] ?? name, side: letter === "r" ? "right" : "left" };
}

/** One element of every row of a column. */
export function seriesOf(column: Float64Array, width: number, element: number, scale = 1): Float64Array {
  return Float64Array.from(
    { length: column.length / width },
    (_, row) => (column[row * width + element] ?? NaN) * scale,
  );
}

function scalars(
  kind: SignalKind,
  unit: string,
  names: readonly string[],
  column: Float64Array,
  scale: number,
  isShown: (i: number) => boolean = () => true,
): Signal[] {
  return names.flatMap((name, i) => {
    if (!isShown(i)) return [];
    const series = seriesOf(column, names.length, i, scale);
    return [{ name, ...sideOf(name), kind, unit, curve: (cycle: Cycle) => overCycle(series, cycle) }];
  });
}

/** Unit vector of the way over a cycle in the plane; 0 where the body stays. */
export function headingOf(
  root: readonly [Float64Array, Float64Array],
  { start, end }: Cycle,
): readonly [number, number] {
  const x = valueAt(root[0], end) - valueAt(root[0], start);
  const y = valueAt(root[1], end) - valueAt(root[1], start);
  const length = Math.hypot(x, y);
  return length === 0 ? [0, 0] : [x / length, y / length];
}

/** Vertical, anterior (along the way) and medial (towards the other foot) force on each foot. */
function forceSignals({ meta, columns }: Recording): Signal[] {
  const scale = PERCENT / (meta.mass * GRAVITY);
  const root = [seriesOf(columns.root_position, 3, 0), seriesOf(columns.root_position, 3, 1)] as const;
  return SIDES.flatMap((side, i) => {
    const [x, y, z] = [0, 1, 2].map((axis) => seriesOf(columns.foot_force, 3 * SIDES.length, 3 * i + axis, scale));
    const inPlane = (cycle: Cycle, turn: (heading: readonly [number, number]) => readonly [number, number]) => {
      const [along, across] = turn(headingOf(root, cycle));
      const ys = overCycle(y ?? new Float64Array(0), cycle);
      return overCycle(x ?? new Float64Array(0), cycle).map(
        (value, point) => value * along + (ys[point] ?? 0) * across,
      );
    };
    // Left of the heading (hx, hy) is (-hy, hx): medial for the right foot.
    const inwards = side === "right" ? 1 : -1;
    const curves = {
      vertical: (cycle: Cycle) => overCycle(z ?? new Float64Array(0), cycle),
      anterior: (cycle: Cycle) => inPlane(cycle, (heading) => heading),
      medial: (cycle: Cycle) => inPlane(cycle, ([hx, hy]) => [-hy * inwards, hx * inwards]),
    };
    return Object.entries(curves).map(([direction, curve]) => {
      const base = `grf_${direction}`;
      return { name: `${base}_${side.charAt(0)}`, base, side, kind: "force" as const, unit: "%BW", curve };
    });
  });
}

/** Joint angles (deg), ground reaction forces (% of body weight) and activations of a recording with feet. */
export function signalsOf(recording: Recording): Signal[] {
  const { meta, columns } = recording;
  const isAngle = (i: number): boolean => meta.qpos_units[i] === "rad" && !meta.qpos_names[i]?.includes(SUFFIX);
  return [
    ...scalars("angle", "deg", meta.qpos_names, columns.qpos, DEGREES, isAngle),
    ...forceSignals(recording),
    ...scalars("activation", "1", meta.act_names, columns.act, 1),
  ];
}
