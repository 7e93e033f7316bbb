/** Weights of n places with their sum, changed and drawn in log2(n) steps. */
export class SumTree {
  /** Power of two, at least the number of places. */
  readonly #leaves: number;
  /** The root is 1, the children of i are 2i and 2i + 1; each node is the sum of its children. */
  readonly #nodes: Float64Array;

  constructor(places: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, places)));
    this.#nodes = new Float64Array(2 * this.#leaves);
  }

  get total(): number {
    return this.#nodes[1] as number;
  }

  get(place: number): number {
    return this.#nodes[this.#leaves + place] as number;
  }

  /** Sums are added up anew on the way to the root, so that rounding does not pile up. */
  set(place: number, weight: number): void {
    const nodes = this.#nodes;
    let node = this.#leaves + place;
    nodes[node] = weight;
    for (node >>>= 1; node >= 1; node >>>= 1) {
      nodes[node] = (nodes[2 * node] as number) + (nodes[2 * node + 1] as number);
    }
  }

  /** The place whose share of [0, total) holds `mass`; never one of weight 0 while there is another. */
  find(mass: number): number {
    const nodes = this.#nodes;
    let rest = mass;
    let node = 1;
    while (node < this.#leaves) {
      const left = nodes[2 * node] as number;
      // A sum may round up, so that mass is left where nothing is.
      const goLeft = rest < left || (nodes[2 * node + 1] as number) === 0;
      if (!goLeft) rest -= left;
      node = 2 * node + (goLeft ? 0 : 1);
    }
    return node - this.#leaves;
  }
}
