export type PackErrorCode = "PACK_MISSING" | "PACK_FAILED";

/** A model pack is absent, or could not be made; the sentence ends with the command to run. */
export class PackError extends Error {
  readonly code: PackErrorCode;

  constructor(code: PackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PackError";
    this.code = code;
  }
}

/** Models whose files the user fetches: what comes before and after the command. */
const FETCHED: Readonly<Record<string, { readonly first: string; readonly flags: string }>> = {
  ostrich: { first: "git clone https://github.com/vittorione94/ostrichrl && ", flags: " --from ostrichrl" },
};

/** Whether a pack is made of files that the user fetches, so that no server can pull it by itself. */
export function needsFolder(name: string): boolean {
  return Object.hasOwn(FETCHED, name);
}

/** The command that makes a pack. */
export function pullCommand(name: string): string {
  const { first, flags } = FETCHED[name] ?? { first: "", flags: "" };
  return `${first}npx myoserve models pull ${name}${flags}`;
}
