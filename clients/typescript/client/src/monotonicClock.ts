/**
 * Returns a clock that never goes back, in milliseconds. It advances by the largest advance of its sources: the time of day may be
 * set back, and `performance.now()` may stop while the machine sleeps.
 */
export function monotonicClock(...sources: readonly (() => number)[]): () => number {
  const read = () => sources.map((source) => source());
  let last = read();
  let now = 0;
  return () => {
    const current = read();
    now += Math.max(0, ...current.map((at, index) => at - last[index]!));
    last = current;
    return now;
  };
}
