import type { ReachSettings } from "./reach.ts";

type Boxes = ReachSettings["sites"];

/** Index fingertip, m, world coordinates. */
export const FINGER_TARGET: Boxes = {
  IFtip: [
    [0.2, 0.05, 0.2],
    [0.2, 0.05, 0.2],
  ],
};
export const FINGER_TARGET_BOX: Boxes = {
  IFtip: [
    [0.1, -0.1, 0.1],
    [0.27, 0.1, 0.3],
  ],
};

/** Tips of thumb, index, middle, ring and little finger, m, world coordinates. */
export const HAND_TARGETS: Boxes = {
  THtip_r: [
    [-0.165, -0.537, 1.495],
    [-0.165, -0.537, 1.495],
  ],
  IFtip_r: [
    [-0.151, -0.547, 1.455],
    [-0.151, -0.547, 1.455],
  ],
  MFtip_r: [
    [-0.146, -0.547, 1.447],
    [-0.146, -0.547, 1.447],
  ],
  RFtip_r: [
    [-0.148, -0.543, 1.445],
    [-0.148, -0.543, 1.445],
  ],
  LFtip_r: [
    [-0.148, -0.528, 1.434],
    [-0.148, -0.528, 1.434],
  ],
};
export const HAND_TARGET_BOXES: Boxes = {
  THtip_r: [
    [-0.185, -0.577, 1.455],
    [-0.125, -0.517, 1.535],
  ],
  IFtip_r: [
    [-0.191, -0.567, 1.445],
    [-0.111, -0.527, 1.465],
  ],
  MFtip_r: [
    [-0.186, -0.567, 1.437],
    [-0.106, -0.527, 1.457],
  ],
  RFtip_r: [
    [-0.188, -0.563, 1.435],
    [-0.108, -0.523, 1.455],
  ],
  LFtip_r: [
    [-0.188, -0.548, 1.424],
    [-0.108, -0.508, 1.444],
  ],
};

/** Index fingertip of the arm, m, world coordinates. */
export const ARM_TARGET: Boxes = {
  IFtip: [
    [-0.175, -0.245, 1.405],
    [-0.175, -0.245, 1.405],
  ],
};
export const ARM_TARGET_BOX: Boxes = {
  IFtip: [
    [-0.175 - 0.175, -0.245 - 0.175, 1.405 - 0.425],
    [-0.175 + 0.175, -0.245 + 0.175, 1.405 + 0.425],
  ],
};
