import type { ModelSource } from "../engine/physics.ts";
import { fromPack } from "../packs/from-pack.ts";
import { packDataPath, packModelSource } from "../packs/pack-source.ts";

const PACK = "myosuite";
/** Time of a step in wasm: these gain 5 (legs) to 25 %, arms and fingers lose. */
const SPARSE: ReadonlySet<string> = new Set([
  "myoHandPose0Fixed",
  "myoLegHillyTerrainWalk",
  "myoChallengeBaodingP1",
  "myoChallengeSoccerP1",
]);
/** A body beside free objects: its contacts with them are islands, and solved apart as MyoSuite's are. */
const WITH_OBJECTS = /KeyTurn|ObjHold|PenTwirl|Reorient|Baoding|Relocate|Bimanual|TableTennis/;

/** A model of the pack. @throws MyoError MODEL_MISSING. */
export function modelSource(model: string, variant: "light" | "full"): ModelSource {
  const source = fromPack(PACK, (pack) => packModelSource(pack, model, variant));
  return { ...source, sparse: SPARSE.has(model), oneIsland: !WITH_OBJECTS.test(model) };
}

/** Path of a data table of the pack. @throws MyoError MODEL_MISSING. */
export function dataPath(table: string): string {
  return fromPack(PACK, (pack) => packDataPath(pack, table));
}
