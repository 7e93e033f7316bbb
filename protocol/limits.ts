/** What a decoder accepts before it looks at the meaning of a message. */
export interface Limits {
  /** Bytes of a frame. */
  readonly maxMessage: number;
  /** Nested maps and arrays, the message itself being the first. */
  readonly maxDepth: number;
  readonly maxMapKeys: number;
  /** Elements of a list; array data travels as bytes and is not counted. */
  readonly maxArray: number;
  /** UTF-8 bytes of a string. */
  readonly maxString: number;
  /** Values of a message in all: an empty map is one byte on the wire and many in memory. */
  readonly maxValues: number;
}

/** What a server accepts from anybody. */
export const SERVER_LIMITS: Limits = {
  maxMessage: 16 * 1024 * 1024,
  maxDepth: 16,
  maxMapKeys: 256,
  maxArray: 4096,
  maxString: 65_536,
  maxValues: 65_536,
};

/** What a client accepts from the server it chose: replies may carry an error sentence for each of 65,536 rows. */
export const CLIENT_LIMITS: Limits = {
  maxMessage: 256 * 1024 * 1024,
  maxDepth: 16,
  maxMapKeys: 65_536,
  maxArray: 65_536,
  maxString: 1024 * 1024,
  maxValues: 1024 * 1024,
};
