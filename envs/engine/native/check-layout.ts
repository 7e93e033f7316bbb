import { MODEL_FLOATS, MODEL_INTS } from "../physics.ts";
import type { RawEngine } from "../raw.ts";
import { WARNINGS } from "../raw.ts";
import type { NativeContext, Pointer } from "./library.ts";
import { BufferView, StructView } from "./memory.ts";
import { dataMemory, makeData } from "./native-data.ts";

/** Enough bodies for each array to exceed the padding between arrays, a contact, a key frame and options with values nothing else has. */
export const PROBE_XML = `<mujoco>
  <size memory="1M" nuser_body="3"/>
  <option timestep="0.00390625"><flag sensor="disable" energy="enable"/></option>
  <statistic meaninertia="0.4375"/>
  <worldbody>
    <geom type="plane" size="1 1 1"/>
    <body name="ball" pos="0 0 0.9"><freejoint/><geom size="1" mass="2"/><site name="tip"/></body>
    ${'<body pos="0 90 0"><geom size="0.1"/></body>'.repeat(21)}
    <body name="arm" pos="9 0 9"><joint name="hinge"/><joint name="slide" type="slide"/><geom size="0.5" mass="3"/></body>
  </worldbody>
  <actuator><motor name="m0" joint="hinge" gear="5"/><motor joint="slide"/><motor joint="hinge"/></actuator>
  <sensor><jointpos joint="hinge"/></sensor>
  <keyframe><key qpos="0 0 0 1 0 0 0 1 2"/><key/></keyframe>
</mujoco>`;
const SENTINEL = 0.8125;
/** mjWARN_BADQVEL among `WARNINGS`. */
const BAD_QVEL = 5;

function expect(what: string, got: unknown, want: unknown): void {
  if (got !== want) throw new Error(`${what} is ${String(got)} instead of ${String(want)}`);
}

/** Sizes, options and arrays of a bare mjModel, before the engine changes anything. */
export function checkModel(context: NativeContext, model: Pointer): void {
  const { library, layout, map } = context;
  const struct = new StructView(map, model, layout.model);
  const size = (name: string): number => struct.number(name);
  const sizes = { nq: 9, nv: 8, nu: 3, nbody: 24, njnt: 3, ngeom: 24, nsite: 1, nkey: 2, nsensor: 1, nuser_body: 3 };
  for (const [name, value] of Object.entries(sizes)) expect(name, size(name), value);
  expect("opt.timestep", size("opt.timestep"), 0.00390625);
  expect("stat.meaninertia", size("stat.meaninertia"), 0.4375);
  expect("opt.disableflags", size("opt.disableflags"), layout.constants["mjDSBL_SENSOR"]);
  expect("opt.enableflags", size("opt.enableflags"), layout.constants["mjENBL_ENERGY"]);
  const buffer = new BufferView(map, struct, layout.modelArrays, size, size("nbuffer"));
  const bytes = buffer.checkOrder();
  for (const name of [...MODEL_FLOATS, ...MODEL_INTS]) buffer.array(name);
  const saved = Number(library.sizeModel(model));
  // A saved model is its arrays, its options and its sizes.
  if (saved < bytes || saved > bytes + 2 * layout.model.size) {
    throw new Error(`mj_sizeModel is ${saved}, but the arrays have ${bytes} bytes`);
  }
  const data = makeData(context, model);
  try {
    dataMemory(context, data, size).buffer.checkOrder();
  } finally {
    library.deleteData(data);
  }
}

/** What is written through the library shows in the views, and the other way round. */
export function checkViews(engine: RawEngine): void {
  const model = engine.compile({ key: "layout probe", xml: PROBE_XML, files: [] });
  try {
    const data = model.createData();
    const views = data.views();
    expect("actuator_gear", model.floats("actuator_gear")[0], 5);
    expect("body_mass", model.floats("body_mass")[23], 3);
    expect("the body of the last geom", model.ints("geom_bodyid")[23], 23);
    expect("a name", model.name("joint", model.id("joint", "slide")), "slide");
    data.forward();
    expect("ncon", data.ncon, 1);
    expect("xpos", views.xpos[3 * 23], 9);
    const state = new Float64Array(model.stateSize);
    data.getState(state);
    state[0] = SENTINEL;
    state[1] = 2 * SENTINEL;
    data.setState(state);
    expect("time", data.time, SENTINEL);
    expect("qpos", views.qpos[0], 2 * SENTINEL);
    views.ctrl[2] = 3 * SENTINEL;
    data.getState(state);
    if (!state.includes(3 * SENTINEL)) throw new Error("ctrl is not part of the state");
    views.qvel[0] = NaN;
    data.step();
    const counts = WARNINGS.map((_, i) => views.warnings[2 * (views.warningAt[i] ?? -1) + 1] ?? 0);
    counts.forEach((count, i) => expect(`the counter of warning ${i}`, count, i === BAD_QVEL ? 1 : 0));
  } finally {
    model.dispose();
  }
}
