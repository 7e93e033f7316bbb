import { Option, type Command } from "commander";
import { openSetup, setupTensorflow } from "../tensorflow/setup-tensorflow.ts";
import type { Variant } from "../tensorflow/recipe.ts";
import { printJson } from "./json.ts";

interface TensorflowFlags {
  readonly variant?: Variant;
  readonly force: boolean;
  readonly json: boolean;
}

async function tensorflow({ json, ...options }: TensorflowFlags): Promise<void> {
  const addon = await setupTensorflow({ ...options, onProgress: (line) => console.error(line) });
  const setup = openSetup();
  if (json) printJson({ ...setup, path: addon });
  else console.log(`TensorFlow ${setup?.tensorflow ?? ""} (${setup?.variant ?? ""}) for learners: ${addon}`);
}

export function addSetupCommand(root: Command): void {
  const setup = root.command("setup").description("install optional parts into the cache");
  setup
    .command("tensorflow")
    .description(
      "the fast matrix library of learners: needs Python 3.10 or newer, a C++ compiler and a package registry, once",
    )
    .addOption(new Option("--variant <name>", "cuda where nvidia-smi lists a card, else cpu").choices(["cpu", "cuda"]))
    .option("--force", "make it again although it is there", false)
    .option("--json", "print JSON", false)
    .action(tensorflow);
}
