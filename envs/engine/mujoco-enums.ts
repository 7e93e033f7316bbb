/** mjtDyn: muscle activation dynamics. */
export const DYN_MUSCLE = 4;
/** mjtTrn: the actuator acts on a joint. */
export const TRN_JOINT = 0;
/** mjtJoint. */
export const JOINT_FREE = 0;
export const JOINT_BALL = 1;
export const JOINT_SLIDE = 2;
export const JOINT_HINGE = 3;
/** Columns of one row of actuator_gainprm (mjNGAIN) and actuator_dynprm (mjNDYN). */
export const NGAIN = 10;
export const NDYN = 10;
