import type { PolicyArray, PolicyExport } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow } from "../../protocol/ndarray.ts";
import { bytesField, integerField, integersField, message, stringField } from "./protobuf.ts";

/*
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * Axes: B rows (free), O observation, A actions.
 */
const IR_VERSION = 8;
/** Sub, Div, Gemm, Relu, Tanh, Mul, Add, Max and Min have not changed since. */
const OPSET = 13;
/** TensorProto.DataType */
const FLOAT = 1;
const INPUT = "obs";
const OUTPUT = "action";

interface Node {
  readonly op: "Sub" | "Div" | "Gemm" | "Relu" | "Tanh" | "Mul" | "Add" | "Max" | "Min";
  /** Beside the result of the node before. */
  readonly arrays: readonly string[];
}

/** A network as a chain of operations on one value. */
interface Chain {
  readonly nodes: readonly Node[];
  readonly arrays: Readonly<Record<string, PolicyArray>>;
}

function arrayOf(policy: PolicyExport, name: string): PolicyArray {
  const array = policy.arrays[name];
  if (array !== undefined) return array;
  throw new MyoError("BAD_OPTIONS", `The policy has no array ${name}; export it anew.`);
}

/** The first columns of a matrix [rows, columns], or of a vector. */
function firstColumns({ shape, data }: PolicyArray, count: number): PolicyArray {
  const columns = shape.at(-1) ?? 1;
  return { shape: [...shape.slice(0, -1), count], data: data.filter((_, i) => i % columns < count) };
}

/** The best action of a `gaussian-mlp`: the outputs of the deviation are left out. */
function bestAction(policy: PolicyExport): Chain {
  const { kind, sizes } = policy.meta;
  if (kind !== "gaussian-mlp" || !Array.isArray(sizes)) {
    throw new MyoError(
      "BAD_OPTIONS",
      `ONNX export knows policies of kind gaussian-mlp, this is ${JSON.stringify(kind)}.`,
    );
  }
  const actions = arrayOf(policy, "action_middle").data.length;
  const last = sizes.length - 2;
  const arrays: Record<string, PolicyArray> = {};
  for (const name of ["obs_mean", "obs_std", "action_half", "action_middle", "action_low", "action_high"]) {
    arrays[name] = arrayOf(policy, name);
  }
  const nodes: Node[] = [
    { op: "Sub", arrays: ["obs_mean"] },
    { op: "Div", arrays: ["obs_std"] },
  ];
  for (let layer = 0; layer <= last; layer++) {
    for (const name of [`w${layer}`, `b${layer}`]) {
      arrays[name] = layer < last ? arrayOf(policy, name) : firstColumns(arrayOf(policy, name), actions);
    }
    nodes.push({ op: "Gemm", arrays: [`w${layer}`, `b${layer}`] }, { op: layer < last ? "Relu" : "Tanh", arrays: [] });
  }
  nodes.push({ op: "Mul", arrays: ["action_half"] }, { op: "Add", arrays: ["action_middle"] });
  nodes.push({ op: "Max", arrays: ["action_low"] }, { op: "Min", arrays: ["action_high"] });
  return { nodes, arrays };
}

/** NodeProto: input 1, output 2, name 3, op_type 4. */
function encodeNode({ op, arrays }: Node, input: string, output: string): Uint8Array {
  const inputs = [input, ...arrays].map((name) => stringField(1, name));
  return message(...inputs, stringField(2, output), stringField(3, `${op}_${output}`), stringField(4, op));
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
const encodeTensor = (name: string, { shape, data }: PolicyArray): Uint8Array =>
  message(integersField(1, shape), integerField(2, FLOAT), stringField(8, name), bytesField(9, bytesBorrow(data)));

/** ValueInfoProto of a float matrix [batch, columns]. */
function encodeValue(name: string, columns: number): Uint8Array {
  const batch = bytesField(1, stringField(2, "batch"));
  const width = bytesField(1, integerField(1, columns));
  const tensor = message(integerField(1, FLOAT), bytesField(2, message(batch, width)));
  return message(stringField(1, name), bytesField(2, bytesField(1, tensor)));
}

/** GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
function encodeGraph({ nodes, arrays }: Chain, sizes: { obs: number; actions: number }): Uint8Array {
  const valueName = (i: number): string => (i === 0 ? INPUT : i === nodes.length ? OUTPUT : `x${i}`);
  return message(
    ...nodes.map((node, i) => bytesField(1, encodeNode(node, valueName(i), valueName(i + 1)))),
    stringField(2, "policy"),
    ...Object.entries(arrays).map(([name, array]) => bytesField(5, encodeTensor(name, array))),
    bytesField(11, encodeValue(INPUT, sizes.obs)),
    bytesField(12, encodeValue(OUTPUT, sizes.actions)),
  );
}

/**
 * A policy as an ONNX model: `obs` f32 [batch, O] as the environment gives it, to `action` f32 [batch, A], the best
 * action in the environment's units. The policy's description is its metadata property `myoserve`.
 * @throws MyoError BAD_OPTIONS for a kind of policy that has no such form.
 */
export function policyToOnnx(policy: PolicyExport): Uint8Array {
  const sizes = { obs: arrayOf(policy, "obs_mean").data.length, actions: arrayOf(policy, "action_middle").data.length };
  const opset = message(stringField(1, ""), integerField(2, OPSET));
  const metadata = message(stringField(1, "myoserve"), stringField(2, JSON.stringify(policy.meta)));
  return message(
    integerField(1, IR_VERSION),
    stringField(2, "myoserve"),
    bytesField(7, encodeGraph(bestAction(policy), sizes)),
    bytesField(8, opset),
    bytesField(14, metadata),
  );
}
