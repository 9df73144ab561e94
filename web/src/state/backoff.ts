// Full jitter: screens that lost the same server do not all come back at the same moment.

export const firstWait = 250;
export const longestWait = 30_000;

/** How long to wait before try number `attempt` (1 is the first), in milliseconds; `random` is from 0 to 1. */
export function drawWait(attempt: number, random: number): number {
  const most = Math.min(longestWait, firstWait * 2 ** Math.min(attempt - 1, 20));
  return Math.round(most * random);
}
