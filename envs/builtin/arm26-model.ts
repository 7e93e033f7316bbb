import { element, mjcfText, type MjcfElement } from "../engine/mjcf.ts";
import {
  FOREARM,
  JOINT_DAMPING,
  MUSCLE_TIME_CONSTANTS,
  OPERATING_RANGE,
  PEAK_FORCE,
  segmentInertia,
  UPPER_ARM,
  type Segment,
} from "./anthropometry.ts";
import {
  DEGREE,
  elbowExtensor,
  elbowFlexor,
  PULLEY_MARGIN,
  pulleyLength,
  shoulderExtensor,
  shoulderFlexor,
  type Pulley,
} from "./pulley.ts";

/** Shoulder to elbow and elbow to the centre of the hand (the tip that reaches), m. */
export const UPPER_ARM_LENGTH = UPPER_ARM.length;
export const TIP_DISTANCE = FOREARM.length;

/** Joint ranges, rad, inside those of the American Academy of Orthopaedic Surgeons (1965): horizontal ab- and adduction 45° and 135°, elbow 0–150°. */
export const SHOULDER_RANGE = [-30 * DEGREE, 120 * DEGREE] as const;
export const ELBOW_RANGE = [0, 140 * DEGREE] as const;

interface Arm26Muscle {
  readonly name: string;
  /** Peak isometric force, N. */
  readonly force: number;
  readonly shoulder: Pulley | null;
  readonly elbow: Pulley | null;
}

// Moment arms: Katayama & Kawato, Biol. Cybern. 69 (1993): 4.0 cm shoulder, 2.5 cm elbow, 2.8 and 3.5 cm for two-joint
// muscles. Forces are sums over what acts alike in the plane.
const { DELT1, PECM1, CORB, DELT3, INFSP, TMIN, BRA, BRD, TRIlat, TRImed, ANC, BIClong, BICshort, TRIlong } =
  PEAK_FORCE;
const MUSCLES: readonly Arm26Muscle[] = [
  { name: "DELTant", force: DELT1 + PECM1 + CORB, shoulder: shoulderFlexor(0.04), elbow: null },
  { name: "DELTpost", force: DELT3 + INFSP + TMIN, shoulder: shoulderExtensor(0.04), elbow: null },
  { name: "BRA", force: BRA + BRD, shoulder: null, elbow: elbowFlexor(0.025) },
  { name: "TRIlat", force: TRIlat + TRImed + ANC, shoulder: null, elbow: elbowExtensor(0.025) },
  { name: "BIC", force: BIClong + BICshort, shoulder: shoulderFlexor(0.028), elbow: elbowFlexor(0.035) },
  { name: "TRIlong", force: TRIlong, shoulder: shoulderExtensor(0.028), elbow: elbowExtensor(0.035) },
];

/** Muscles of the model without parallel copies. */
export const BASE_MUSCLES = MUSCLES.length;

/** Names of `copies` parallel muscles of each kind, in order of the actuators. */
export function arm26MuscleNames(copies: number): string[] {
  return MUSCLES.flatMap(({ name }) =>
    copies === 1 ? [name] : Array.from({ length: copies }, (_, i) => `${name}_${i + 1}`),
  );
}

const onCircle = (angle: number, radius: number): number[] => [radius * Math.cos(angle), radius * Math.sin(angle), 0];

type Joint = "shoulder" | "elbow";
const RANGES = { shoulder: SHOULDER_RANGE, elbow: ELBOW_RANGE } as const;
const JOINTS = ["shoulder", "elbow"] as const satisfies readonly Joint[];

/** Shortest and longest tendon over the joint ranges, m, with the straight part between two joints. */
function lengthRange(muscle: Arm26Muscle): [number, number] {
  let low = 0;
  let high = 0;
  for (const joint of JOINTS) {
    const pulley = muscle[joint];
    if (pulley === null) continue;
    const ends = RANGES[joint].map((q) => pulleyLength(pulley, q));
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  const between = straightPart(muscle);
  return [low + between, high + between];
}

/** Along the upper arm from the shoulder's guide to the elbow's, m. */
function straightPart({ shoulder, elbow }: Arm26Muscle): number {
  if (shoulder === null || elbow === null) return 0;
  const from = onCircle(shoulder.distal, shoulder.radius * PULLEY_MARGIN);
  const to = onCircle(elbow.proximal, elbow.radius * PULLEY_MARGIN);
  return Math.hypot(UPPER_ARM_LENGTH + (to[0] ?? 0) - (from[0] ?? 0), (to[1] ?? 0) - (from[1] ?? 0));
}

/** Guides of one segment: the distal ones of the joint at its origin, the proximal ones of the joint at its end. */
function guides(joint: Joint, end: "proximal" | "distal", origin: number): MjcfElement[] {
  const sites: MjcfElement[] = [];
  for (const muscle of MUSCLES) {
    const pulley = muscle[joint];
    if (pulley === null) continue;
    const [x = 0, y = 0] = onCircle(pulley[end], pulley.radius * PULLEY_MARGIN);
    sites.push(element("site", { name: `${muscle.name}_${joint}_${end}`, pos: [origin + x, y, 0] }));
  }
  return sites;
}

/** The circles tendons wrap around, and the side sites that choose the way. They turn with the segment before the joint. */
function pulleys(joint: Joint, origin: number): MjcfElement[] {
  return MUSCLES.flatMap((muscle) => {
    const pulley = muscle[joint];
    if (pulley === null) return [];
    const name = `${muscle.name}_${joint}`;
    const { radius, side } = pulley;
    return [
      element("geom", { class: "pulley", name: `${name}_pulley`, pos: [origin, 0, 0], size: [radius, 0.01] }),
      element("site", { name: `${name}_side`, pos: [origin, side * 2 * radius, 0] }),
    ];
  });
}

function tendon(muscle: Arm26Muscle): MjcfElement {
  const path = JOINTS.flatMap((joint) => {
    if (muscle[joint] === null) return [];
    const name = `${muscle.name}_${joint}`;
    return [
      element("site", { site: `${name}_proximal` }),
      element("geom", { geom: `${name}_pulley`, sidesite: `${name}_side` }),
      element("site", { site: `${name}_distal` }),
    ];
  });
  return element("spatial", { name: muscle.name, width: 0.004, rgba: [0.8, 0.2, 0.2, 1] }, path);
}

/** Copies pull on one tendon: parallel muscles of one path are the same thing, and cost one path. */
function actuators(copies: number): MjcfElement[] {
  const names = arm26MuscleNames(copies);
  return MUSCLES.flatMap((muscle, m) =>
    Array.from({ length: copies }, (_, i) =>
      element("muscle", {
        name: names[m * copies + i],
        tendon: muscle.name,
        force: muscle.force / copies,
        lengthrange: lengthRange(muscle),
      }),
    ),
  );
}

function inertial(segment: Segment): MjcfElement {
  const { across, along } = segmentInertia(segment);
  return element("inertial", { pos: [segment.com, 0, 0], mass: segment.mass, diaginertia: [along, across, across] });
}

function forearm(): MjcfElement {
  return element("body", { name: "forearm", pos: [UPPER_ARM_LENGTH, 0, 0] }, [
    element("joint", { name: "elbow", range: ELBOW_RANGE.map((q) => q / DEGREE) }),
    inertial(FOREARM),
    element("geom", { class: "bone", fromto: [0, 0, 0, TIP_DISTANCE, 0, 0], size: 0.02 }),
    element("site", { name: "tip", pos: [TIP_DISTANCE, 0, 0], size: 0.02, rgba: [0.2, 0.8, 0.2, 1] }),
    ...guides("elbow", "distal", 0),
  ]);
}

function upperArm(): MjcfElement {
  return element("body", { name: "upper_arm" }, [
    element("joint", { name: "shoulder", range: SHOULDER_RANGE.map((q) => q / DEGREE) }),
    inertial(UPPER_ARM),
    element("geom", { class: "bone", fromto: [0, 0, 0, UPPER_ARM_LENGTH, 0, 0], size: 0.025 }),
    ...guides("shoulder", "distal", 0),
    ...guides("elbow", "proximal", UPPER_ARM_LENGTH),
    ...pulleys("elbow", UPPER_ARM_LENGTH),
    forearm(),
  ]);
}

function defaults(): MjcfElement {
  return element("default", {}, [
    element("joint", { type: "hinge", axis: [0, 0, 1], damping: JOINT_DAMPING, limited: true }),
    element("geom", { contype: 0, conaffinity: 0 }),
    element("site", { size: 0.004, rgba: [0.8, 0.2, 0.2, 1] }),
    element("muscle", {
      timeconst: MUSCLE_TIME_CONSTANTS,
      range: OPERATING_RANGE,
      ctrllimited: true,
      ctrlrange: [0, 1],
    }),
    element("default", { class: "bone" }, [element("geom", { type: "capsule", rgba: [0.9, 0.85, 0.75, 1] })]),
    element("default", { class: "pulley" }, [
      element("geom", { type: "cylinder", rgba: [0.5, 0.5, 0.8, 0.2], mass: 0 }),
    ]),
  ]);
}

/** MJCF of the planar arm in the horizontal plane; gravity acts along the hinges and does no work. */
export function arm26Xml(copies: number): string {
  return mjcfText(
    element("mujoco", { model: "arm26" }, [
      element("compiler", { angle: "degree" }),
      element("size", { memory: "1M" }),
      element("option", { timestep: 0.002 }),
      defaults(),
      element("worldbody", {}, [
        element("light", { pos: [0, 0, 2] }),
        ...guides("shoulder", "proximal", 0),
        ...pulleys("shoulder", 0),
        upperArm(),
        element("body", { name: "target", mocap: true, pos: [0.3, 0.3, 0] }, [
          element("geom", { type: "sphere", size: 0.05, rgba: [0.2, 0.2, 0.9, 0.4] }),
        ]),
      ]),
      element("tendon", {}, MUSCLES.map(tendon)),
      element("actuator", {}, actuators(copies)),
    ]),
  );
}
