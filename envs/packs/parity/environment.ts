import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PackError } from "../pack-error.ts";
import {
  makePrivateEnvironment,
  openPrivateEnvironment,
  type EnvironmentOptions,
  type PrivateEnvironment,
} from "../private-environment.ts";

/** Folder of the Python side: beside this file in a checkout, in the package's `envs/` when built to `dist/`. */
export function parityFolder(): string {
  const places = ["./", "../../../../envs/packs/parity/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, "driver.py")));
  if (found !== undefined) return found;
  throw new PackError("PACK_FAILED", "MyoSuite's side of the comparison is not part of this installation of MyoServe.");
}

const environment = (): PrivateEnvironment => ({
  name: "parity",
  requirements: join(parityFolder(), "requirements.txt"),
  purpose: { what: "The comparison with MyoSuite", command: "npx myoserve parity --setup" },
  contents: "MyoSuite 3.0.0 with MuJoCo 3.4.0 (350 MB)",
});

/** Interpreter with MyoSuite 3.0.0 and MuJoCo 3.4.0 in the cache; null where it was not set up for this version. */
export function openParityEnvironment(env?: EnvironmentOptions["env"]): string | null {
  return openPrivateEnvironment(environment(), env);
}

/**
 * Sets up MyoSuite's side in the cache: a private environment of locked packages. A second call waits for the first.
 * @returns its interpreter
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function makeParityEnvironment(options: EnvironmentOptions = {}): Promise<string> {
  return makePrivateEnvironment(environment(), options);
}
