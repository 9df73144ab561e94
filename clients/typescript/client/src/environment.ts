import { monotonicClock } from "./monotonicClock.js";

/** Time and chance. Tests provide their own. */
export interface Environment {
  /** The time of day, in milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a monotonic clock that also advances while the machine sleeps. */
  monotonicNow(): number;
  /** A random number from 0 to 1. */
  random(): number;
  /** Calls back after a delay; returns a function that cancels the timer. */
  setTimer(milliseconds: number, callback: () => void): () => void;
}

/** Returns the environment of the browser. */
export function browserEnvironment(): Environment {
  return {
    now: () => Date.now(),
    monotonicNow: monotonicClock(
      () => Date.now(),
      () => performance.now(),
    ),
    random: Math.random,
    setTimer: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
