/** How many at a time, and when none starts any more. */
export interface SideBySide {
  readonly jobs: number;
  /** ms of `performance.now()` */
  readonly end: number;
}

/**
 * Works on items in order, `jobs` at a time, until the time is over or one fails.
 * @param work says whether it finished: one that did not ended for want of time
 * @returns how many are left @throws the first failure, once those that run are over
 */
export async function sideBySide<T>(
  items: readonly T[],
  { jobs, end }: SideBySide,
  work: (item: T) => Promise<boolean>,
): Promise<number> {
  let [next, left] = [0, items.length];
  let failed = false;
  const one = async (): Promise<void> => {
    for (;;) {
      const item = items[next];
      if (item === undefined || failed || performance.now() >= end) return;
      next++;
      try {
        if (await work(item)) left--;
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: jobs }, one));
  for (const result of ends) if (result.status === "rejected") throw result.reason;
  return left;
}
