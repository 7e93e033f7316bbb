import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ADDON_FILE } from "../../agents/core/tensor/addon.ts";
import { lastLine } from "../../envs/packs/python.ts";
import { runChild, type ChildOptions } from "../../envs/packs/child.ts";

/** Interface of Node that the package's own builds for present Nodes use; `lib/napi-v8` is named after it. */
const NODE_API_VERSION = 8;
/** A first line of a compiler's complaint that names the cause. */
const ERROR_LINE = /error:/;

/**
 * TensorFlow tells about CPU flags on stderr while its library is loaded, and warns of settings of cards that it was given,
 * whatever TF_CPP_MIN_LOG_LEVEL says. The addon's own answer to which messages are wanted comes before the library's in the
 * linker's order.
 */
const QUIET_SOURCE = `
#include "absl/log/globals.h"
namespace absl {
ABSL_NAMESPACE_BEGIN
LogSeverityAtLeast MinLogLevel() { return LogSeverityAtLeast::kError; }
ABSL_NAMESPACE_END
}  // namespace absl
`;

/** Folder of Node's headers. @throws Error that says where they are looked for */
export function nodeHeaders(env: ChildOptions["env"], execPath = process.execPath): string {
  const named = env["npm_config_nodedir"];
  const roots = [...(named ? [named] : []), dirname(dirname(execPath))];
  const folders = roots.map((root) => join(root, "include", "node"));
  const found = folders.find((folder) => existsSync(join(folder, "node_api.h")));
  if (found !== undefined) return found;
  throw new Error(
    `Node's headers are not at ${folders.join(" or ")}; install Node from an archive of nodejs.org, or name the folder ` +
      `that holds include/node in npm_config_nodedir`,
  );
}

/**
 * Compiles the addon out of the package's C++ sources, as its binding.gyp says.
 * @param target has TensorFlow's libraries in deps/lib
 * @param include TensorFlow's headers
 * @throws Error that names the compiler's complaint
 */
export async function compileAddon(
  source: string,
  include: string,
  target: string,
  child: ChildOptions,
): Promise<void> {
  const compiler = child.env["CXX"] || "c++";
  const quiet = join(include, "quiet.cc");
  writeFileSync(quiet, QUIET_SOURCE);
  const libraries = readdirSync(join(target, "deps", "lib"));
  const addon = join(target, ADDON_FILE);
  mkdirSync(dirname(addon), { recursive: true });
  const args = [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", "-w", `-DNAPI_VERSION=${NODE_API_VERSION}`],
    ...[nodeHeaders(child.env), include].map((folder) => `-I${folder}`),
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(source, "binding", file)),
    quiet,
    `-L${join(target, "deps", "lib")}`,
    // CUDA's libraries too, which TensorFlow opens by name: what is loaded already is found.
    "-Wl,--no-as-needed",
    ...libraries.map((name) => `-l:${name}`),
    // Node unloads an addon with its last worker, under the feet of TensorFlow's threads.
    "-Wl,-z,nodelete",
    "-Wl,-rpath,$ORIGIN/../../deps/lib",
    ...["-o", addon],
  ];
  const { status, complaint } = await runChild(compiler, args, child);
  child.signal.throwIfAborted();
  if (status === 0) return;
  if (/ENOENT/.test(complaint)) {
    throw new Error(`there is no C++ compiler ${compiler}; install one (Debian and Ubuntu: apt install g++)`);
  }
  const named = complaint.split("\n").find((line) => ERROR_LINE.test(line));
  throw new Error(`${compiler} says: ${named ?? lastLine(complaint)}`);
}

/** Multiplies two matrices in a process of its own, which a library that does not fit this machine may end. */
const CHECK_SCRIPT = `
const tf = require(process.argv[1]);
const matrix = tf.createTensor([2, 2], tf.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
const type = { name: "T", type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT };
const flags = ["transpose_a", "transpose_b"].map((name) => ({ name, type: tf.TF_ATTR_BOOL, value: false }));
const [{ id }] = tf.executeOp("MatMul", [type, ...flags], [matrix, matrix], 1);
if (tf.tensorDataSync(id).join() !== "7,10,15,22") throw new Error("it multiplies wrongly");
console.log(tf.isUsingGpuDevice() ? "cuda" : "cpu");
`;

/**
 * @returns what it computes on
 * @throws Error where the addon does not load or compute
 */
export async function checkAddon(file: string, child: ChildOptions): Promise<string> {
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const { status, complaint } = await runChild(process.execPath, ["-e", CHECK_SCRIPT, file], { ...child, onLine });
  child.signal.throwIfAborted();
  const device = lines.at(-1);
  if (status === 0 && device !== undefined) return device;
  if (complaint.includes("libcuda.so.1")) {
    throw new Error("NVIDIA's driver is not installed, which the variant cuda needs; install it or add --variant cpu");
  }
  const named = complaint.split("\n").find((line) => /Error:/.test(line));
  throw new Error(`the addon does not run: ${named ?? lastLine(complaint)}`);
}
