/** The twin of the wasm engine, and the version MyoSuite's recordings were made with. */
export const DEFAULT_MUJOCO_VERSION = "3.4.0";

export interface PinnedWheels {
  /** Python whose wheels are pinned; the library in them does not depend on it. */
  readonly python: string;
  /** sha256 of the wheel of each platform. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Wheels of the Python package index whose content is known; other versions are taken as they come. */
export const PINNED_WHEELS: Readonly<Record<string, PinnedWheels>> = {
  "3.4.0": {
    python: "3.11",
    sha256: {
      "linux-x64": "c0b3dce70abdd0ac6475bb8040d7d97a4e3ccf5f6a00cc06086b7a169e246522",
      "linux-arm64": "00088b3879cff675b0bad2ddaf27f1088d7d35f020903c25088c43360adcc311",
      "darwin-x64": "b456e1d6c3ca7010480d52f7645e49f4b564952063c5a52af1524e226ea72920",
      "darwin-arm64": "98d3ab7b02d99ac2866bb111807797549853d6ddf485ddc072cec3c1d33dfad8",
      "win32-x64": "e0ab4a450826ca04db11608325b37adf77dee4cde2a9dd9d43e6fa46c44545a9",
    },
  },
};

/** From this major version on the library is in the package `mujoco-core`. */
const FIRST_CORE_MAJOR = 4;

/** Package of the index that holds the library of a version. */
export function packageOf(version: string): string {
  return Number(version.split(".")[0]) >= FIRST_CORE_MAJOR ? "mujoco-core" : "mujoco";
}
