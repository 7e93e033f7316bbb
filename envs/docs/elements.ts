import { JOINT_BALL, JOINT_FREE, JOINT_SLIDE } from "../engine/mujoco-enums.ts";
import type { Model } from "../engine/physics.ts";
import { code, indexRange } from "./markdown.ts";

/** `pelvis.x` as stem and suffix. */
function split(name: string): readonly [stem: string, suffix: string] {
  const at = name.lastIndexOf(".");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}

/** Names with their indices from `first` on; neighbours that differ in the suffix only are drawn together. */
export function elementList(names: readonly string[], first: number): string {
  const out: string[] = [];
  for (let i = 0; i < names.length;) {
    const [stem, suffix] = split(names[i] ?? "");
    const suffixes = [suffix];
    while (suffix !== "" && i + suffixes.length < names.length) {
      const [nextStem, nextSuffix] = split(names[i + suffixes.length] ?? "");
      if (nextStem !== stem || nextSuffix === "") break;
      suffixes.push(nextSuffix);
    }
    const name = suffixes.length === 1 ? (names[i] ?? "") : `${stem}.{${suffixes.join(",")}}`;
    out.push(`${indexRange(first + i, suffixes.length)} ${code(name)}`);
    i += suffixes.length;
  }
  return out.join(", ");
}

/** Unit of one element of a group of joint coordinates: m for what slides, 1 for quaternions. */
function jointUnit(model: Model, name: string): string | null {
  const types = model.intsBorrow("jnt_type");
  const whole = model.id("joint", name);
  if (whole >= 0) return types[whole] === JOINT_SLIDE ? "m" : types[whole] === JOINT_BALL ? "1" : "rad";
  const [stem, suffix] = split(name);
  const joint = model.id("joint", stem);
  if (joint < 0 || types[joint] !== JOINT_FREE) return null;
  return suffix.startsWith("q") ? "1" : suffix.startsWith("w") ? "rad" : "m";
}

/** Units of groups whose elements are coordinates of joints. */
const JOINT_UNITS = ["rad", "rad or m", "rad/s", "rad/s or m/s"];

/** The unit of a group as the page shows it: by index where a group of joint coordinates mixes them. */
export function unitText(model: Model, unit: string, names: readonly string[], first: number): string {
  if (!JOINT_UNITS.includes(unit) || names.length === 0) return unit;
  const units = names.map((name) => jointUnit(model, name));
  if (units.every((each) => each === null || each === "rad")) return unit;
  const rate = unit.includes("/s") ? "/s" : "";
  const runs: { unit: string; first: number; count: number }[] = [];
  units.forEach((each, i) => {
    const last = runs.at(-1);
    if (last?.unit === (each ?? "rad")) last.count += 1;
    else runs.push({ unit: each ?? "rad", first: first + i, count: 1 });
  });
  return runs.map((run) => `${indexRange(run.first, run.count)} ${run.unit}${run.unit === "1" ? "" : rate}`).join(", ");
}
