import { existsSync } from "node:fs";
import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Which of our folders a folder may import, and which one file owns a library. */
const ARROWS = {
  protocol: ["protocol"],
  envs: ["envs", "protocol"],
  agents: ["agents", "protocol"],
  clients: ["clients", "protocol"],
};
const FOLDERS = ["protocol", "envs", "agents", "clients", "server", "test"];
const OWNERS = {
  koffi: ["envs/engine/native.ts"],
  "mujoco-js": ["envs/engine/wasm.ts"],
  "@tensorflow/tfjs-backend-wasm": ["agents/core/tensor/tfjs.ts"],
  "@tensorflow/tfjs-core": ["agents/core/tensor/tfjs.ts"],
  // Its addon is loaded by file name, from the cache.
  "@tensorflow/tfjs-node-gpu": [],
  msgpackr: ["protocol/encode.ts"],
  "@msgpack/msgpack": ["protocol/decode.ts"],
  ajv: ["protocol/validate.ts"],
  ws: ["protocol/transport/ws.ts"],
  pino: ["server/log.ts"],
};

const libraryRule = (allowed) => ({
  group: allowed.flatMap((name) => [name, `${name}/*`]),
  message: "One file owns this library; import that file instead.",
});

/** Nothing for a folder that may import all others. */
const arrowRules = (folder) => {
  const allowed = ARROWS[folder];
  if (allowed === undefined) return [];
  const forbidden = FOLDERS.filter((other) => !allowed.includes(other));
  const message = `${folder} may import ${allowed.join(" and ")} only.`;
  return [{ group: forbidden.flatMap((other) => [`**/../${other}/**`]), message }];
};

const importRule = (folder, libraries) => ({
  "no-restricted-imports": ["error", { patterns: [...arrowRules(folder), libraryRule(libraries)] }],
});

const arrowConfigs = Object.keys(ARROWS).map((folder) => ({
  files: [`${folder}/**/*.ts`],
  rules: importRule(folder, Object.keys(OWNERS)),
}));

const ownerConfigs = [...new Set(Object.values(OWNERS).flat())].map((file) => {
  if (!existsSync(file)) throw new Error(`${file} owns a library but does not exist.`);
  const others = Object.keys(OWNERS).filter((name) => !OWNERS[name].includes(file));
  return { files: [file], rules: importRule(file.split("/")[0], others) };
});

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "clients/python/**", "**/.venv/**", ".test-venv/**", "demo-out/**"] },
  {
    files: ["**/*.ts"],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: process.cwd() } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness comes from named, seeded streams." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "Export by name." },
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
      ],
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
      "no-restricted-imports": ["error", { patterns: [libraryRule(Object.keys(OWNERS))] }],
    },
  },
  ...arrowConfigs,
  ...ownerConfigs,
  {
    files: ["test/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-restricted-imports": "off",
    },
  },
);
