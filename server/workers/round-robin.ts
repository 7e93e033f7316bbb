/** A batch of row-sized pieces of work. */
export interface Work {
  /** Do one piece. @returns true when none is left. */
  advance(): boolean;
}

interface Lane {
  readonly key: number;
  readonly waiting: Work[];
}

/**
 * Serves one piece of work of each lane in turn, so that a lane with a row waits for one row of every other lane and
 * not for their batches. Within a lane work is done in order of arrival.
 */
export class RoundRobin {
  readonly #lanes: Lane[] = [];
  #turn = 0;

  get idle(): boolean {
    return this.#lanes.length === 0;
  }

  add(key: number, work: Work): void {
    const lane = this.#lanes.find((other) => other.key === key);
    if (lane === undefined) this.#lanes.push({ key, waiting: [work] });
    else lane.waiting.push(work);
  }

  /** One piece of the lane whose turn it is. */
  advance(): void {
    if (this.#turn >= this.#lanes.length) this.#turn = 0;
    const lane = this.#lanes[this.#turn];
    const work = lane?.waiting[0];
    if (lane === undefined || work === undefined) return;
    if (!work.advance()) {
      this.#turn++;
      return;
    }
    lane.waiting.shift();
    if (lane.waiting.length === 0) this.#lanes.splice(this.#turn, 1);
    else this.#turn++;
  }
}
