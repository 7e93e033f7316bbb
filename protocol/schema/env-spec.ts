import { Type } from "@sinclair/typebox";
import type { JsonObject } from "../env.ts";
import type { Space } from "../spaces.ts";
import { Autoreset, closed, Name, Sha256, U32 } from "./common.ts";

const described = (description: string) => ({ description });
/** A space on the wire; nested, so that only its readers check it (`layoutOf`). */
export const SpaceMap = (description: string) =>
  Type.Unsafe<Space>({ type: "object", description: `${description}, see the section on spaces` });
const SchemaMap = (description: string) => Type.Unsafe<JsonObject>({ type: "object", description });

/** A named slice of a flat Box observation. */
export const GroupMap = closed(
  { shape: Type.Array(U32), offset: U32, unit: Type.String(), names: Type.Array(Type.String()) },
  { title: "ObsGroup" },
);
/** One hinge or slide joint. */
export const JointMap = closed(
  { name: Type.String(), qpos: U32, range: Type.Tuple([Type.Number(), Type.Number()]) },
  { title: "JointInfo" },
);

/** What a client needs to know about an environment. */
export const EnvSpecMap = Type.Object(
  {
    id: Name,
    title: Type.String(),
    obs_space: SpaceMap("observation of one row"),
    act_space: SpaceMap("action of one row"),
    obs_keys: Type.Record(
      Type.String(),
      GroupMap,
      described("named slices of a flat Box observation: shape, offset, SI unit (`1`: dimensionless), element names"),
    ),
    obs_available: Type.Array(Type.String(), described("every group that the kwarg `obs_keys` may name")),
    obs_dict: Type.Optional(
      Type.Array(
        Type.String(),
        described('groups that MyoSuite\'s `info["obs_dict"]` holds, in order, for `env.state`'),
      ),
    ),
    info_keys: Type.Array(
      Type.String(),
      described("names of the reward terms that the columns of `terms` carry, in order"),
    ),
    reward_weights: Type.Record(Type.String(), Type.Number(), described("weight of each reward term")),
    autoreset_modes: Type.Array(Autoreset, described("modes `env.make` accepts")),
    max_episode_steps: Type.Union(
      [U32, Type.Null()],
      described("the server truncates after so many steps; null: never"),
    ),
    dt: Type.Number(described("control step, s")),
    frame_skip: U32,
    nondeterministic: Type.Boolean(
      described("false: seed and actions determine the trajectory bit for bit on one engine"),
    ),
    kwargs_schema: SchemaMap("JSON schema of `kwargs` of `env.make`"),
    options_schema: SchemaMap("JSON schema of `options` of `env.reset`"),
    model_sha256: Type.Union(
      [Sha256, Type.Null()],
      described("hash of the full MJCF text; null without a MuJoCo model"),
    ),
    engine: Type.String(described("e.g. `wasm 3.3.8`")),
    actuators: Type.Array(
      Type.String(),
      described("actuator names in order of the action's elements where they map one to one"),
    ),
    joints: Type.Array(
      JointMap,
      described("hinge and slide joints: name, qpos address, range in rad or m (0, 0: unlimited)"),
    ),
  },
  { title: "EnvSpec", description: "see the section on environment specs" },
);
