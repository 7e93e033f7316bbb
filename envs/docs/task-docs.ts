/**
 * What the page of an environment says beyond its spec; a family states it once, next to its code. Markdown, SI units,
 * formulas as text. `[c]` stands for 1 where c holds and 0 elsewhere, |x| for the Euclidean norm, `act` for the na activations.
 */
export interface TaskDocs {
  /** What the body is to do, in a sentence or two. */
  readonly goal: string;
  /** How an action becomes ctrl. */
  readonly action: string;
  /** Formula of every reward term that info shows or a weight multiplies. */
  readonly terms: Readonly<Record<string, string>>;
  /** What the symbols of the formulas mean. */
  readonly symbols?: string;
  /** State at the start of an episode, and what of it is drawn. */
  readonly start: string;
  /** When the task ends an episode; the step limit is added from the spec. */
  readonly end: string;
  /** Meaning of observation groups where name, unit and element names do not tell it. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Known differences from the original it reproduces, one sentence each. */
  readonly deviations?: readonly string[];
}

/** The same of one id, with what its registration knows. */
export interface EnvDocs extends TaskDocs {
  /** Where the model comes from. */
  readonly model: string;
  /** Licence of the model's files. */
  readonly licence: string;
  /** Another id whose page it shares, and what differs there. */
  readonly variant?: { readonly of: string; readonly differs: string };
  /** How near it is to recordings of the original, Markdown; absent where there is no original. */
  readonly parity?: () => string;
}
