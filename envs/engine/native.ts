import { existsSync, readFileSync } from "node:fs";
import * as koffi from "koffi";
import { MyoError } from "../../protocol/errors.ts";
import { createEngine } from "./engine.ts";
import { checkModel, checkViews, PROBE_XML } from "./native/check-layout.ts";
import { layoutOf } from "./native/layout.ts";
import { createContext, type Library, type NativeContext, type Pointer } from "./native/library.ts";
import { NativeModel } from "./native/native-model.ts";
import type { Engine, ModelSource } from "./physics.ts";
import type { RawEngine, RawModel } from "./raw.ts";

/** mjVFS is one pointer; there is room for more. */
const VFS_BYTES = 64;
const ERROR_BYTES = 1024;

function bind(library: koffi.LibraryHandle): Library {
  const bound = (definition: string): never => library.func(definition) as never;
  return {
    versionString: bound("const char *mj_versionString()"),
    defaultVfs: bound("void mj_defaultVFS(void *vfs)"),
    addBufferVfs: bound("int mj_addBufferVFS(void *vfs, const char *name, const void *data, int bytes)"),
    deleteVfs: bound("void mj_deleteVFS(void *vfs)"),
    loadXml: bound("void *mj_loadXML(const char *name, void *vfs, void *error, int error_bytes)"),
    deleteModel: bound("void mj_deleteModel(void *m)"),
    sizeModel: bound("int64_t mj_sizeModel(void *m)"),
    makeData: bound("void *mj_makeData(void *m)"),
    deleteData: bound("void mj_deleteData(void *d)"),
    resetData: bound("void mj_resetData(void *m, void *d)"),
    resetDataKeyframe: bound("void mj_resetDataKeyframe(void *m, void *d, int key)"),
    step: bound("void mj_step(void *m, void *d)"),
    step1: bound("void mj_step1(void *m, void *d)"),
    step2: bound("void mj_step2(void *m, void *d)"),
    forward: bound("void mj_forward(void *m, void *d)"),
    fwdPosition: bound("void mj_fwdPosition(void *m, void *d)"),
    fwdVelocity: bound("void mj_fwdVelocity(void *m, void *d)"),
    fwdActuation: bound("void mj_fwdActuation(void *m, void *d)"),
    kinematics: bound("void mj_kinematics(void *m, void *d)"),
    rnePostConstraint: bound("void mj_rnePostConstraint(void *m, void *d)"),
    setConst: bound("void mj_setConst(void *m, void *d)"),
    stateSize: bound("int mj_stateSize(void *m, unsigned int sig)"),
    getState: bound("void mj_getState(void *m, void *d, void *state, unsigned int sig)"),
    setState: bound("void mj_setState(void *m, void *d, void *state, unsigned int sig)"),
    nameToId: bound("int mj_name2id(void *m, int type, const char *name)"),
    idToName: bound("const char *mj_id2name(void *m, int type, int id)"),
  };
}

/**
 * By default each warning is printed and appended to MUJOCO_LOG.TXT in the current folder. The handler is one variable
 * of the process, shared by all its threads, so it cannot be a function of one of them: it becomes a function of the
 * library that does nothing.
 */
function silenceWarnings(library: koffi.LibraryHandle): void {
  const variable = library.symbol("mju_user_warning") as Pointer;
  const nothing = library.symbol("mj_version") as Pointer;
  new BigUint64Array(koffi.view(variable, 8))[0] = nothing;
}

/** @throws Error with MuJoCo's sentence. */
function loadModel({ library }: NativeContext, source: ModelSource): Pointer {
  const vfs = new Uint8Array(VFS_BYTES);
  const error = new Uint8Array(ERROR_BYTES);
  const add = (name: string, data: Uint8Array): void => {
    if (library.addBufferVfs(vfs, name, data, data.length) !== 0) throw new Error(`the file ${name} comes twice`);
  };
  library.defaultVfs(vfs);
  try {
    for (const file of source.files) add(file.name, readFileSync(file.path));
    add("model.xml", new TextEncoder().encode(source.xml));
    const model = library.loadXml("model.xml", vfs, error, ERROR_BYTES);
    if (model !== null) return model;
  } finally {
    library.deleteVfs(vfs);
  }
  const sentence = new TextDecoder().decode(error.subarray(0, error.indexOf(0)));
  throw new Error(sentence.replace(/\s+/g, " ").trim());
}

class NativeEngine implements RawEngine {
  readonly id = "native";
  readonly version: string;
  readonly #context: NativeContext;

  constructor(context: NativeContext) {
    this.#context = context;
    this.version = context.version;
  }

  compile(source: ModelSource): RawModel {
    try {
      return new NativeModel(this.#context, loadModel(this.#context, source));
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      throw new MyoError(
        "INTERNAL",
        `The model "${source.key}" does not compile in MuJoCo ${this.version}: ${sentence}`,
      );
    }
  }

  /** The library stays loaded: other threads may use it. */
  dispose(): void {
    return;
  }
}

function openLibrary(path: string): RawEngine {
  if (!existsSync(path)) throw new Error("there is no such file");
  const layout = layoutOf(path);
  const handle = koffi.load(path);
  silenceWarnings(handle);
  const context = createContext(bind(handle), koffi.view, layout);
  const probe = loadModel(context, { key: "layout probe", xml: PROBE_XML, files: [] });
  try {
    checkModel(context, probe);
  } finally {
    context.library.deleteModel(probe);
  }
  const engine = new NativeEngine(context);
  checkViews(engine);
  return engine;
}

/**
 * The bare library, for tests that compare with it.
 * @param path libmujoco with `layout.json` or `include/mujoco/` beside it
 * @throws MyoError UNAVAILABLE where it cannot be loaded or is laid out differently than its headers say
 */
export function createNativeRaw(path: string): RawEngine {
  try {
    return openLibrary(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MyoError(
      "UNAVAILABLE",
      `The MuJoCo library ${path} cannot be used (${reason}); start with --engine wasm.`,
    );
  }
}

/** MuJoCo's own library (PyPI package `mujoco`), shared by all threads of the process. */
export function createNativeEngine(path: string): Engine {
  return createEngine(createNativeRaw(path));
}
