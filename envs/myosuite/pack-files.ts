import type { ModelSource } from "../engine/physics.ts";
import { fromPack } from "../packs/from-pack.ts";
import { packDataPath, packModelSource } from "../packs/pack-source.ts";

const PACK = "myosuite";
/** Measured with `npm run bench -- step-times`: hands and the player with a ball gain 5 to 25 %, arms and fingers lose. */
const SPARSE: ReadonlySet<string> = new Set([
  "myoHandPose0Fixed",
  "myoHandObjHoldFixed",
  "myoHandPenTwirlFixed",
  "myoHandReorient100",
  "myoChallengeDieReorientDemo",
  "myoChallengeBaodingP1",
  "myoChallengeRelocateP1",
  "myoChallengeSoccerP1",
]);

/** A model of the pack. @throws MyoError MODEL_MISSING. */
export function modelSource(model: string, variant: "light" | "full"): ModelSource {
  const source = fromPack(PACK, (pack) => packModelSource(pack, model, variant));
  return { ...source, sparse: SPARSE.has(model) };
}

/** Path of a data table of the pack. @throws MyoError MODEL_MISSING. */
export function dataPath(table: string): string {
  return fromPack(PACK, (pack) => packDataPath(pack, table));
}
