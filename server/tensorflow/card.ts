import { runChild, type ChildOptions } from "../../envs/packs/child.ts";

/** Whether NVIDIA's driver lists a card. */
export async function hasCard(
  child: ChildOptions = { env: process.env, signal: new AbortController().signal },
): Promise<boolean> {
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const { status } = await runChild("nvidia-smi", ["--list-gpus"], { ...child, onLine });
  return status === 0 && lines.some((line) => line.startsWith("GPU "));
}
