import { describe, expect, it } from "vitest";
import { backoffDelay, initialDelay, maxDelay } from "../src/backoff.js";
import { monotonicClock } from "../src/monotonicClock.js";
import { Watchdog } from "../src/watchdog.js";

describe("Watchdog", () => {
  it("reports a stream as silent after three missed checkpoints", () => {
    const watchdog = new Watchdog(1_000);
    watchdog.messageReceived(2_000, 5_000);

    expect(watchdog.isSilent(16_999)).toBe(false);
    expect(watchdog.isSilent(17_000)).toBe(true);
  });

  it("keeps the interval that the first message announced", () => {
    const watchdog = new Watchdog(0);
    watchdog.messageReceived(0, 2_000);
    watchdog.messageReceived(10_000);

    expect(watchdog.deadline).toBe(16_000);
  });

  it("uses the default interval before the first message", () => {
    expect(new Watchdog(0).deadline).toBe(45_000);
  });

  it("uses the interval of the previous stream before the first message", () => {
    expect(new Watchdog(0, 2_000).deadline).toBe(6_000);
  });

  it("ignores an interval of zero", () => {
    const watchdog = new Watchdog(0);
    watchdog.messageReceived(0, 0);

    expect(watchdog.deadline).toBe(45_000);
  });
});

describe("monotonicClock", () => {
  it("advances by the largest advance of its sources, and never goes back", () => {
    let [timeOfDay, sinceLoad] = [1_000_000, 500];
    const clock = monotonicClock(() => timeOfDay, () => sinceLoad);
    const readings = [[10, 10], [-3_600_000, 20], [60_000, 0], [-5, 0]].map(([first, second]) => {
      timeOfDay += first!;
      sinceLoad += second!;
      return clock();
    });

    expect(readings).toEqual([10, 30, 60_030, 60_030]);
  });
});

describe("backoffDelay", () => {
  it("doubles up to 30 seconds", () => {
    expect([1, 2, 3].map((attempt) => backoffDelay(attempt, 1))).toEqual([initialDelay, 2 * initialDelay, 4 * initialDelay]);
    expect(backoffDelay(1_000, 1)).toBe(maxDelay);
  });

  it("uses full jitter", () => {
    expect(backoffDelay(4, 0)).toBe(0);
    expect(backoffDelay(4, 0.5)).toBe(1_000);
  });
});
