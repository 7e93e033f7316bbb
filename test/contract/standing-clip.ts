import { writeNpz } from "../../envs/numpy/npz-writer.ts";

/** Coordinates and degrees of freedom of MyoSuite's full body, the free root among them. */
export const FULL_BODY = { nq: 89, nv: 88 };
/** Height of its pelvis when it stands, m. */
const HEIGHT = 0.95;

/** Writes a clip of a full body that glides in a circle, `speed` m/s, at `frames` frames. */
export function writeCircleClip(path: string, frames: number, speed: number): void {
  const { nq, nv } = FULL_BODY;
  const qpos = new Float64Array(frames * nq);
  const qvel = new Float64Array(frames * nv);
  for (let frame = 0; frame < frames; frame++) {
    const angle = (2 * Math.PI * frame) / frames;
    // Pelvis forward is -y at yaw 0: facing along the motion is a quarter turn more.
    const yaw = angle + Math.PI / 2;
    qpos.set([Math.sin(angle), -Math.cos(angle), HEIGHT, Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)], frame * nq);
    for (let i = 7; i < nq; i++) qpos[frame * nq + i] = 0.01 * Math.sin(angle + i);
    qvel.set([speed * Math.cos(angle), speed * Math.sin(angle)], frame * nv);
    for (let i = 6; i < nv; i++) qvel[frame * nv + i] = 0.01 * Math.cos(angle + i);
  }
  writeNpz(path, { qpos: { shape: [frames, nq], values: qpos }, qvel: { shape: [frames, nv], values: qvel } });
}
