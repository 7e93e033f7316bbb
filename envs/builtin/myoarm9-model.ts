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
import { elbowExtensor, elbowFlexor, PULLEY_MARGIN, type Pulley } from "./pulley.ts";

// Right arm; x forward, y to the left (towards the trunk), z up; it hangs along -z at qpos 0.

/** Joint ranges, degrees, inside those of the American Academy of Orthopaedic Surgeons (1965). */
const RANGES = { flexion: [-40, 120], abduction: [-10, 90], rotation: [-60, 60], elbow: [0, 140] } as const;

// A half-litre bottle, half full; own choice.
/** Shell, kg; liquid, kg. */
const BOTTLE_MASS = 0.05;
export const SLOSH_MASS = 0.4;
/** Half length and radius, m; the liquid moves this far either way from the middle. */
const BOTTLE_HALF_LENGTH = 0.1;
const BOTTLE_RADIUS = 0.035;
const SLOSH_TRAVEL = 0.07;
/** N s/m */
const SLOSH_DAMPING = 0.5;

type Point = readonly [number, number, number];

interface Myoarm9Muscle {
  readonly name: string;
  /** Peak isometric force, N. */
  readonly force: number;
  /** Attachment on the trunk, m from the shoulder's centre; null where it starts on the humerus. */
  readonly trunk: Point | null;
  /** Attachment on the humerus, m from the shoulder's centre. */
  readonly humerus: Point | null;
  readonly elbow: Pulley | null;
  /** Shortest and longest over 200,000 random postures, ends of the joint ranges included, m. */
  readonly lengthRange: readonly [number, number];
}

const F = PEAK_FORCE;
// Attachments: own coarse estimates of the anatomy, straight lines at the shoulder as in a tendon-driven robot arm.
// Elbow moment arms: Katayama & Kawato, Biol. Cybern. 69 (1993).
const MUSCLES: readonly Myoarm9Muscle[] = [
  {
    name: "DELT1",
    force: F.DELT1,
    trunk: [0.04, 0.04, 0.04],
    humerus: [0.005, -0.012, -0.14],
    elbow: null,
    lengthRange: [0.085, 0.21],
  },
  {
    name: "DELT2",
    force: F.DELT2,
    trunk: [0, -0.02, 0.045],
    humerus: [0, -0.015, -0.14],
    elbow: null,
    lengthRange: [0.113, 0.189],
  },
  {
    name: "DELT3",
    force: F.DELT3,
    trunk: [-0.06, 0.03, 0.03],
    humerus: [-0.005, -0.012, -0.14],
    elbow: null,
    lengthRange: [0.133, 0.215],
  },
  {
    name: "PECM",
    force: F.PECM1 + F.PECM2 + F.PECM3,
    trunk: [0.07, 0.13, -0.07],
    humerus: [0.012, 0.005, -0.06],
    elbow: null,
    lengthRange: [0.114, 0.221],
  },
  {
    name: "LAT",
    force: F.LAT1 + F.LAT2 + F.LAT3,
    trunk: [-0.08, 0.12, -0.2],
    humerus: [0.01, 0.01, -0.05],
    elbow: null,
    lengthRange: [0.194, 0.297],
  },
  {
    name: "INFSP",
    force: F.INFSP + F.TMIN,
    trunk: [-0.09, 0.06, -0.05],
    humerus: [-0.005, -0.027, -0.01],
    elbow: null,
    lengthRange: [0.1, 0.149],
  },
  {
    name: "BIC",
    force: F.BIClong + F.BICshort,
    trunk: [0.03, 0.02, 0.01],
    humerus: null,
    elbow: elbowFlexor(0.035),
    lengthRange: [0.342, 0.5],
  },
  {
    name: "BRA",
    force: F.BRA + F.BRD,
    trunk: null,
    humerus: [0.01, 0, -0.18],
    elbow: elbowFlexor(0.025),
    lengthRange: [0.186, 0.248],
  },
  {
    name: "TRI",
    force: F.TRIlong + F.TRIlat + F.TRImed + F.ANC,
    trunk: [-0.03, 0.01, -0.02],
    humerus: null,
    elbow: elbowExtensor(0.025),
    lengthRange: [0.326, 0.461],
  },
];

/** In order of the actuators. */
export const MYOARM9_MUSCLES: readonly string[] = MUSCLES.map(({ name }) => name);

/** A point of the elbow's plane, at an angle from the forearm's (-z) direction towards the front. */
function inPlane(angle: number, radius: number, z: number): number[] {
  return [radius * Math.sin(angle), 0, z - radius * Math.cos(angle)];
}

const elbowMuscles = (): { name: string; elbow: Pulley }[] =>
  MUSCLES.flatMap(({ name, elbow }) => (elbow === null ? [] : [{ name, elbow }]));

function elbowGuides(end: "proximal" | "distal", z: number): MjcfElement[] {
  return elbowMuscles().map(({ name, elbow }) =>
    element("site", { name: `${name}_${end}`, pos: inPlane(elbow[end], elbow.radius * PULLEY_MARGIN, z) }),
  );
}

function elbowPulleys(z: number): MjcfElement[] {
  return elbowMuscles().flatMap(({ name, elbow: { radius, side } }) => [
    element("geom", {
      class: "pulley",
      name: `${name}_pulley`,
      pos: [0, 0, z],
      size: [radius, 0.01],
      euler: [90, 0, 0],
    }),
    element("site", { name: `${name}_side`, pos: [side * 2 * radius, 0, z] }),
  ]);
}

function attachments(part: "trunk" | "humerus"): MjcfElement[] {
  return MUSCLES.flatMap((muscle) => {
    const pos = muscle[part];
    return pos === null ? [] : [element("site", { name: `${muscle.name}_${part}`, pos })];
  });
}

function tendon({ name, trunk, humerus, elbow }: Myoarm9Muscle): MjcfElement {
  const site = (suffix: string) => element("site", { site: `${name}_${suffix}` });
  return element("spatial", { name, width: 0.004, rgba: [0.8, 0.2, 0.2, 1] }, [
    ...(trunk === null ? [] : [site("trunk")]),
    ...(humerus === null ? [] : [site("humerus")]),
    ...(elbow === null
      ? []
      : [site("proximal"), element("geom", { geom: `${name}_pulley`, sidesite: `${name}_side` }), site("distal")]),
  ]);
}

function inertial(segment: Segment): MjcfElement {
  const { across, along } = segmentInertia(segment);
  return element("inertial", { pos: [0, 0, -segment.com], mass: segment.mass, diaginertia: [across, across, along] });
}

/** Upright when the elbow is bent to a right angle; the liquid is one mass that slides along it. */
function bottle(): MjcfElement {
  const across = BOTTLE_MASS * ((BOTTLE_RADIUS * BOTTLE_RADIUS) / 2 + (BOTTLE_HALF_LENGTH * BOTTLE_HALF_LENGTH) / 3);
  const along = BOTTLE_MASS * BOTTLE_RADIUS * BOTTLE_RADIUS;
  return element("body", { name: "bottle", pos: [0, 0, -FOREARM.length] }, [
    element("inertial", { pos: [0, 0, 0], mass: BOTTLE_MASS, diaginertia: [along, across, across] }),
    element("geom", {
      type: "cylinder",
      fromto: [-BOTTLE_HALF_LENGTH, 0, 0, BOTTLE_HALF_LENGTH, 0, 0],
      size: BOTTLE_RADIUS,
      rgba: [0.3, 0.6, 0.9, 0.3],
    }),
    element("site", { name: "bottle" }),
    element("body", { name: "liquid" }, [
      element("joint", {
        name: "slosh",
        type: "slide",
        axis: [1, 0, 0],
        range: [-SLOSH_TRAVEL, SLOSH_TRAVEL],
        damping: SLOSH_DAMPING,
      }),
      element("geom", { type: "sphere", size: 0.025, mass: SLOSH_MASS, rgba: [0.1, 0.3, 0.9, 0.8] }),
    ]),
  ]);
}

function bone({ length }: Segment, radius: number): MjcfElement {
  return element("geom", {
    type: "capsule",
    fromto: [0, 0, 0, 0, 0, -length],
    size: radius,
    rgba: [0.9, 0.85, 0.75, 1],
  });
}

function hinge(name: string, axis: Point, range: readonly [number, number]): MjcfElement {
  return element("joint", { name, axis, range });
}

function upperArm(): MjcfElement {
  const elbowZ = -UPPER_ARM.length;
  return element("body", { name: "upper_arm" }, [
    hinge("shoulder_flexion", [0, -1, 0], RANGES.flexion),
    hinge("shoulder_abduction", [-1, 0, 0], RANGES.abduction),
    hinge("shoulder_rotation", [0, 0, 1], RANGES.rotation),
    inertial(UPPER_ARM),
    bone(UPPER_ARM, 0.025),
    ...attachments("humerus"),
    ...elbowGuides("proximal", elbowZ),
    ...elbowPulleys(elbowZ),
    element("body", { name: "forearm", pos: [0, 0, elbowZ] }, [
      hinge("elbow", [0, -1, 0], RANGES.elbow),
      inertial(FOREARM),
      bone(FOREARM, 0.02),
      ...elbowGuides("distal", 0),
      bottle(),
    ]),
  ]);
}

function defaults(): MjcfElement {
  return element("default", {}, [
    element("joint", { type: "hinge", damping: JOINT_DAMPING, limited: true }),
    element("geom", { contype: 0, conaffinity: 0 }),
    element("site", { size: 0.004, rgba: [0.8, 0.2, 0.2, 1] }),
    element("muscle", {
      timeconst: MUSCLE_TIME_CONSTANTS,
      range: OPERATING_RANGE,
      ctrllimited: true,
      ctrlrange: [0, 1],
    }),
    element("default", { class: "pulley" }, [
      element("geom", { type: "cylinder", rgba: [0.5, 0.5, 0.8, 0.2], mass: 0 }),
    ]),
  ]);
}

/** MJCF of the arm with three degrees of freedom at the shoulder, one at the elbow and a bottle in the hand. */
export function myoarm9Xml(): string {
  return mjcfText(
    element("mujoco", { model: "myoarm9" }, [
      element("compiler", { angle: "degree" }),
      element("size", { memory: "1M" }),
      element("option", { timestep: 0.002 }),
      defaults(),
      element("worldbody", {}, [element("light", { pos: [1, -1, 2] }), ...attachments("trunk"), upperArm()]),
      element("tendon", {}, MUSCLES.map(tendon)),
      element(
        "actuator",
        {},
        MUSCLES.map(({ name, force, lengthRange }) =>
          element("muscle", { name, tendon: name, force, lengthrange: lengthRange }),
        ),
      ),
    ]),
  );
}
