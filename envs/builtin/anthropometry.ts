// Winter, Biomechanics and Motor Control of Human Movement, 4th ed. (2009), table 4.1 and figure 4.1.

/** Body height, m, and mass, kg, of the standard adult the tables are scaled to. */
const HEIGHT = 1.75;
const MASS = 75;

/** A rigid segment: m, kg; centre of mass from the proximal joint and radius of gyration about it, m. */
export interface Segment {
  readonly length: number;
  readonly mass: number;
  readonly com: number;
  readonly gyration: number;
}

const UPPER_ARM_LENGTH = 0.186 * HEIGHT;
/** Elbow to ulnar styloid. */
const FOREARM_LENGTH = 0.146 * HEIGHT;
const HAND_LENGTH = 0.108 * HEIGHT;

export const UPPER_ARM: Segment = {
  length: UPPER_ARM_LENGTH,
  mass: 0.028 * MASS,
  com: 0.436 * UPPER_ARM_LENGTH,
  gyration: 0.322 * UPPER_ARM_LENGTH,
};

/** Forearm and hand are one segment; its length is to the centre of the hand. */
export const FOREARM: Segment = {
  length: FOREARM_LENGTH + 0.506 * HAND_LENGTH,
  mass: 0.022 * MASS,
  com: 0.682 * FOREARM_LENGTH,
  gyration: 0.468 * FOREARM_LENGTH,
};

/** Winter gives the transverse axes only; about its long axis a segment is taken for a rod of this radius, m. */
const SEGMENT_RADIUS = 0.04;

/** Moments of inertia about the centre of mass, kg m². */
export function segmentInertia({ mass, gyration }: Segment): { across: number; along: number } {
  return { across: mass * gyration * gyration, along: (mass * SEGMENT_RADIUS * SEGMENT_RADIUS) / 2 };
}

/** Passive damping of shoulder and elbow, N m s/rad: the order of Hayes & Hatze, Eur. J. Appl. Physiol. 37 (1977). */
export const JOINT_DAMPING = 0.3;

/** Activation and deactivation time constants, s: Zajac, Crit. Rev. Biomed. Eng. 17 (1989); Millard et al., J. Biomech. Eng. 135 (2013). */
export const MUSCLE_TIME_CONSTANTS = [0.01, 0.04] as const;

/** Fibre lengths, of the optimal one, between a muscle's shortest and longest: active force exists from 0.5 to 1.5 (Zajac 1989). */
export const OPERATING_RANGE = [0.6, 1.4] as const;

/** Peak isometric forces, N: Holzbaur, Murray & Delp, Ann. Biomed. Eng. 33 (2005), table 1. */
export const PEAK_FORCE = {
  DELT1: 1142.6,
  DELT2: 1142.6,
  DELT3: 259.9,
  INFSP: 1210.8,
  TMIN: 354.3,
  PECM1: 364.4,
  PECM2: 515.4,
  PECM3: 390.5,
  LAT1: 389.1,
  LAT2: 389.1,
  LAT3: 281.7,
  CORB: 242.5,
  TRIlong: 798.5,
  TRIlat: 624.3,
  TRImed: 624.3,
  ANC: 350.0,
  BIClong: 624.3,
  BICshort: 435.6,
  BRA: 987.3,
  BRD: 261.3,
} as const;
