import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const digest = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A 256-bit resume token, of which only the sha256 is kept; each resume replaces it. */
export class ResumeToken {
  #digest: Buffer = Buffer.alloc(0);

  /** A new token; the old one is worthless from now on. */
  rotate(): string {
    const token = randomBytes(32).toString("base64url");
    this.#digest = digest(token);
    return token;
  }

  matches(token: string): boolean {
    const given = digest(token);
    return given.length === this.#digest.length && timingSafeEqual(given, this.#digest);
  }
}

/** An unguessable handle, e.g. `s-3kf0Zq1x`. */
export function newHandle(prefix: string): string {
  return `${prefix}-${randomBytes(9).toString("base64url")}`;
}
