import { openLibmujoco } from "../../envs/packs/libmujoco/installed.ts";
import { DEFAULT_MUJOCO_VERSION } from "../../envs/packs/libmujoco/wheels.ts";

/** Path of the pinned library; only where `nativeObstacle` is null. */
export function nativeLibrary(): string {
  return openLibmujoco(DEFAULT_MUJOCO_VERSION) ?? "";
}

/** Why the native engine cannot be tested here, or null. */
export function nativeObstacle(): string | null {
  if (nativeLibrary() !== "") return null;
  return `MuJoCo ${DEFAULT_MUJOCO_VERSION} is not installed: npx myoserve models pull libmujoco`;
}
