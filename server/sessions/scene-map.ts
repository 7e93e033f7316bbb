import type { Scene } from "../../protocol/env.ts";
import { toNdArray, type NdArray } from "../../protocol/ndarray.ts";

const vectors = (values: Float64Array, width: number): NdArray =>
  toNdArray("<f8", [values.length / width, width], values);
const list = (values: Float64Array): NdArray => toNdArray("<f8", [values.length], values);

/** A scene as it travels. */
export function sceneMap(scene: Scene) {
  return {
    model_sha256: scene.model_sha256,
    xpos: vectors(scene.xpos, 3),
    xquat: vectors(scene.xquat, 4),
    qpos: list(scene.qpos),
    mocap_pos: vectors(scene.mocap_pos, 3),
    mocap_quat: vectors(scene.mocap_quat, 4),
    act: list(scene.act),
    edits: Object.fromEntries(Object.entries(scene.edits).map(([field, values]) => [field, list(values)])),
  };
}
