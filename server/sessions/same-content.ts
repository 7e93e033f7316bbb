function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function sameMap(a: object, b: object, ignored: string): boolean {
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => key === ignored || (Object.hasOwn(right, key) && same(left[key], right[key])));
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && sameBytes(a, b);
  }
  return Array.isArray(a) === Array.isArray(b) && sameMap(a, b, "");
}

/** Whether two decoded requests ask for the same, their request ids apart. */
export function sameContent(a: object, b: object): boolean {
  return sameMap(a, b, "id");
}
