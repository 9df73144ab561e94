// Exponential back-off with full jitter, so that clients that lost the same server do not all reconnect at once.

export const initialDelay = 250;
export const maxDelay = 30_000;

/** Returns the delay before retry number `attempt` (1 is the first), in milliseconds. `random` is from 0 to 1. */
export function backoffDelay(attempt: number, random: number): number {
  const upperBound = Math.min(maxDelay, initialDelay * 2 ** Math.min(attempt - 1, 20));
  return Math.round(upperBound * random);
}
