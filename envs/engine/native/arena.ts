import type { Constraints } from "../raw.ts";
import type { NativeContext, Pointer } from "./library.ts";
import { StructView } from "./memory.ts";

const EMPTY: Constraints = { type: new Int32Array(0), id: new Int32Array(0), force: new Float64Array(0) };

/** What a step leaves in mjData's arena: contacts and constraint rows, at addresses that change from step to step. */
export class Arena {
  readonly #context: NativeContext;
  readonly #struct: StructView;
  readonly #base: bigint;
  readonly #bytes: number;
  /** The whole arena, mapped at first use. */
  #memory: ArrayBuffer | null = null;
  #ints: Int32Array | null = null;

  /** @param struct mjData from its warnings on; the arena's size lies before them */
  constructor(context: NativeContext, data: Pointer, struct: StructView) {
    const { map, layout } = context;
    const from = layout.data.fields["narena"]?.offset ?? 0;
    this.#bytes = new StructView(map, data, layout.data, from, from + 8).number("narena");
    this.#context = context;
    this.#struct = struct;
    this.#base = struct.pointer("arena");
  }

  /** Geoms of each contact, [2 ncon]. */
  contactGeoms(out: Int32Array): void {
    if (out.length === 0) return;
    const { size, fields } = this.#context.layout.contact;
    const geom = fields["geom"];
    if (geom === undefined) throw new Error("mjContact has no geom");
    const memory = (this.#ints ??= new Int32Array(this.#map()));
    const first = (this.#offset("contact") + geom.offset) / 4;
    for (let i = 0; 2 * i < out.length; i++) {
      out[2 * i] = memory[first + (i * size) / 4] ?? -1;
      out[2 * i + 1] = memory[first + (i * size) / 4 + 1] ?? -1;
    }
  }

  constraints(): Constraints {
    const rows = this.#struct.number("nefc");
    if (rows === 0) return EMPTY;
    const memory = this.#map();
    return {
      type: new Int32Array(memory, this.#offset("efc_type"), rows),
      id: new Int32Array(memory, this.#offset("efc_id"), rows),
      force: new Float64Array(memory, this.#offset("efc_force"), rows),
    };
  }

  #map(): ArrayBuffer {
    this.#memory ??= this.#context.map(this.#base, Math.floor(this.#bytes / 8) * 8);
    return this.#memory;
  }

  #offset(pointer: string): number {
    return Number(this.#struct.pointer(pointer) - this.#base);
  }
}
