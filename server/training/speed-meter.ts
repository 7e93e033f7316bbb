/** Time spent, and env-steps per second of late. */
export class SpeedMeter {
  #earlier = 0;
  #started = performance.now();
  #lap = { at: performance.now(), done: 0 };
  stepsPerSecond = 0;

  /** s, of earlier jobs too */
  get seconds(): number {
    return this.#earlier + (performance.now() - this.#started) / 1000;
  }

  /** Seconds that an earlier job spent. */
  add(seconds: number): void {
    this.#earlier += seconds;
  }

  /** Work begins. @param done env-steps so far */
  start(done: number): void {
    this.#started = performance.now();
    this.#lap = { at: this.#started, done };
  }

  /** The speed since the last call. @param done env-steps so far */
  lap(done: number): void {
    const now = performance.now();
    const seconds = (now - this.#lap.at) / 1000;
    if (seconds > 0) this.stepsPerSecond = (done - this.#lap.done) / seconds;
    this.#lap = { at: now, done };
  }
}
