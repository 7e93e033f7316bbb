import type { AgentContext } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import { elementCount, type NumericArray } from "../../protocol/ndarray.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import type { DepConfig } from "./config.ts";
import { MuscleRange } from "./muscle-range.ts";

/** Rows of the observation group `muscle`: length (m), velocity (m/s), force (N), activation. */
const MUSCLE_ROWS = 4;
const FORCE_ROW = 2;

/** Turns observations into DEP's x and tells which action each of its motors is. */
export interface Sensors {
  /** n */
  readonly size: number;
  /** Action element of each motor, [n]. */
  readonly motors: Int32Array;
  /** Live arrays a checkpoint carries. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** Writes x, [N, n]. @param obs [N, O] */
  read(obs: NumericArray, x: Float64Array): void;
}

const identity = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);

/** Elements of one row of a flat observation of floats. */
function flatObsSize(context: AgentContext): number {
  const { buffers } = layoutOf(context.spec.obs_space);
  const [buffer] = buffers;
  if (buffers.length !== 1 || buffer === undefined || (buffer.dtype !== "<f4" && buffer.dtype !== "<f8")) {
    const dtypes = buffers.map(({ dtype }) => dtype).join(", ");
    throw new MyoError(
      "BAD_OPTIONS",
      `dep reads observations of one float dtype, but these have ${dtypes || "none"}; make the environment with float groups only.`,
    );
  }
  return buffer.size;
}

/** The observation itself. */
function rawSensors(context: AgentContext, actionSize: number): Sensors {
  const size = flatObsSize(context);
  if (size !== actionSize) {
    throw new MyoError(
      "BAD_OPTIONS",
      `dep with sensor "raw" needs as many observations as actions, but there are ${size} and ${actionSize}; use sensor "muscle" or choose obs_keys.`,
    );
  }
  const read = (obs: NumericArray, x: Float64Array): void => {
    for (let i = 0; i < x.length; i++) x[i] = Number(obs[i]);
  };
  return { size, motors: identity(size), arrays: {}, read };
}

/** Which action drives each muscle: by name where the group has names, else one to one. */
function motorsOf(
  names: readonly string[],
  size: number,
  actuators: readonly string[],
  actionSize: number,
): Int32Array {
  const byName = Int32Array.from(names, (name) => actuators.indexOf(name));
  if (names.length === size && actuators.length === actionSize && byName.every((action) => action >= 0)) return byName;
  if (size === actionSize) return identity(size);
  throw new MyoError(
    "BAD_OPTIONS",
    `dep needs an action for each muscle, but there are ${size} muscles and ${actionSize} actions whose names do not tell which is which; use another agent.`,
  );
}

/** Lengths and forces of the group `muscle`. */
function muscleSensors(context: AgentContext, actionSize: number, forceScale: number): Sensors {
  const { spec, numEnvs } = context;
  const group = spec.obs_keys["muscle"];
  if (group === undefined) {
    throw new MyoError(
      "BAD_OPTIONS",
      'dep reads the observation group "muscle", which this environment was made without; add "muscle" to its kwarg obs_keys.',
    );
  }
  const rowSize = flatObsSize(context);
  const size = group.shape[1] ?? 0;
  const fits = group.shape.length === 2 && size > 0 && group.offset + elementCount(group.shape) <= rowSize;
  if (group.shape[0] !== MUSCLE_ROWS || !fits) {
    throw new MyoError(
      "BAD_OPTIONS",
      `The group "muscle" must be [4, n] inside the observation of ${rowSize}, but it is [${group.shape.join(", ")}] at ${group.offset}; send length, velocity, force and activation of n muscles.`,
    );
  }
  const range = new MuscleRange(numEnvs, size, forceScale);
  const read = (obs: NumericArray, x: Float64Array): void => {
    for (let row = 0; row < numEnvs; row++) {
      const at = row * rowSize + group.offset;
      range.read(row, obs as Float32Array | Float64Array, at, at + FORCE_ROW * size, x, row * size);
    }
  };
  return { size, motors: motorsOf(group.names, size, spec.actuators, actionSize), arrays: range.arrays, read };
}

/** @throws MyoError BAD_OPTIONS where observations and actions do not fit the sensor. */
export function createSensors(context: AgentContext, actionSize: number, config: DepConfig): Sensors {
  return config.sensor === "raw"
    ? rawSensors(context, actionSize)
    : muscleSensors(context, actionSize, config.force_scale);
}
