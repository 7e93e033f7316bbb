import fc from "fast-check";

const text = fc.string({ unit: "grapheme", maxLength: 80 });
const key = fc.string({ maxLength: 40 }).filter((name) => name !== "__proto__");
const bytes = fc.uint8Array({ maxLength: 300 });
/** Doubles that are whole numbers travel as integers; those have an arbitrary of their own. */
const float = fc.double().filter((value) => !Number.isInteger(value));
const scalar = fc.oneof(text, float, fc.integer(), fc.boolean(), fc.constant(null));

function tree(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 6 }),
      fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
    ),
  }));
  return fc.dictionary(key, value, { maxKeys: 20, noNullPrototype: true });
}

/** Maps of anything a frame may hold. */
export const anyMessage = tree(fc.oneof(scalar, bytes, fc.maxSafeInteger()));

/** Without integers beyond 32 bits, whose form is a choice of the encoder's. */
export const narrowMessage = tree(fc.oneof(scalar, bytes));

/** Of plain JSON values only. */
export const jsonMessage = tree(fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)));
