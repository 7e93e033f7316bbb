/** rad */
export const DEGREE = Math.PI / 180;

/**
 * Guides lie this much beyond their pulley's radius. MuJoCo tells the two ways around a circle apart only while both arcs
 * are shorter than 180°: with 1.6 that holds where the guides are 103° to 282° apart, more than any joint here turns.
 */
export const PULLEY_MARGIN = 1.6;

/** A tendon's way around one hinge: on a circle, so that the moment arm is constant. */
export interface Pulley {
  /** Moment arm, m. */
  readonly radius: number;
  /** Where the proximal and the distal guide lie, angles from each segment's long axis towards flexion, rad. */
  readonly proximal: number;
  readonly distal: number;
  /** +1: flexes (runs on the front), -1: extends. */
  readonly side: 1 | -1;
}

function pulley(radius: number, proximal: number, distal: number, side: 1 | -1): Pulley {
  return { radius, proximal: proximal * DEGREE, distal: distal * DEGREE, side };
}

// Angles that keep the guides 110° to 260° apart over the whole joint range.
export const shoulderFlexor = (radius: number): Pulley => pulley(radius, 215, -15, 1);
export const shoulderExtensor = (radius: number): Pulley => pulley(radius, -165, -25, -1);
export const elbowFlexor = (radius: number): Pulley => pulley(radius, 220, -32, 1);
export const elbowExtensor = (radius: number): Pulley => pulley(radius, -140, -28, -1);

/** Length of the tendon from guide to guide at one joint angle: two tangents and an arc, m. */
export function pulleyLength({ radius, proximal, distal, side }: Pulley, q: number): number {
  const tangent = Math.acos(1 / PULLEY_MARGIN);
  const arc = side * (proximal - distal - q) - 2 * tangent;
  return radius * (2 * Math.tan(tangent) + arc);
}
