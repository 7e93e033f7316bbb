import { describe, expect, it } from "vitest";
import type { Engine, ModelSource } from "../../envs/engine/physics.ts";
import { modelSource } from "../../envs/myosuite/pack-files.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { PARITY_ENGINES } from "./engines.ts";

const STEPS = 60;
/** Limits, contacts with the ground, equalities and wrapped tendons. */
const MODELS = ["myoHandPose0Fixed", "myoArmReachFixed", "myoLegHillyTerrainWalk", "myoChallengeChaseTagP1"];

/** qpos and qvel after every step under random excitations from the first keyframe or qpos0. */
function motion(engine: Engine, source: ModelSource): number[] {
  using model = engine.load(source);
  using row = model.createPhysics({ sensors: false });
  const rng = createRng(3);
  if (model.sizes.nkey > 0) row.resetKeyframe(0);
  else row.resetData();
  const seen: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    for (let i = 0; i < row.ctrl.length; i++) row.ctrl[i] = rng.random();
    row.step(2);
    seen.push(...row.qpos, ...row.qvel);
  }
  return seen;
}

for (const { id, obstacle, note, open } of PARITY_ENGINES) {
  describe.skipIf(obstacle !== null)(`stages left out on ${id}${note}`, () => {
    it.each(MODELS)("%s moves bit for bit as with them", async (name) => {
      using engine = await open();
      const source = modelSource(name, "light");
      expect(source.oneIsland).toBe(true);
      const plain = { ...source, key: `${source.key} with islands`, oneIsland: false, sparse: false };
      const short = { ...source, sparse: false };
      expect(motion(engine, short)).toEqual(motion(engine, plain));
    });
  });
}
