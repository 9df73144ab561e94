/**
 * A clock that never goes back, in milliseconds: it goes on by whichever of its clocks has gone further. The time of day may be set
 * back, and the time since the page was loaded may stand still while the machine sleeps.
 */
export function steady(...clocks: readonly (() => number)[]): () => number {
  const read = () => clocks.map((clock) => clock());
  let last = read();
  let now = 0;
  return () => {
    const present = read();
    now += Math.max(0, ...present.map((at, index) => at - last[index]!));
    last = present;
    return now;
  };
}
