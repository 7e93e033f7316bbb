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

/** The command that makes a pack. */
export function pullCommand(name: string): string {
  return `npx myoserve models pull ${name}`;
}
