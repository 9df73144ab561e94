import { describe, expect, it } from "vitest";
import { drawWait, firstWait, longestWait } from "../src/state/backoff";
import { steady } from "../src/state/clock";
import { Watchdog } from "../src/state/watchdog";

describe("the watchdog", () => {
  it("takes a stream for lost after three checkpoints without a word", () => {
    const watchdog = new Watchdog(1_000);
    watchdog.heard(2_000, 5_000);

    expect(watchdog.isSilent(16_999)).toBe(false);
    expect(watchdog.isSilent(17_000)).toBe(true);
  });

  it("keeps the interval that the first message told", () => {
    const watchdog = new Watchdog(0);
    watchdog.heard(0, 2_000);
    watchdog.heard(10_000);

    expect(watchdog.deadline).toBe(16_000);
  });

  it("waits for the first message as for any other", () => {
    expect(new Watchdog(0).deadline).toBe(45_000);
  });

  it("waits for it only as long as an earlier stream told, if one did", () => {
    expect(new Watchdog(0, 2_000).deadline).toBe(6_000);
  });

  it("takes no interval that is none", () => {
    const watchdog = new Watchdog(0);
    watchdog.heard(0, 0);

    expect(watchdog.deadline).toBe(45_000);
  });
});

describe("the steady clock", () => {
  it("goes on by the clock that went further, and never back", () => {
    let [day, page] = [1_000_000, 500];
    const clock = steady(() => day, () => page);
    const shown = [[10, 10], [-3_600_000, 20], [60_000, 0], [-5, 0]].map(([days, pages]) => {
      day += days!;
      page += pages!;
      return clock();
    });

    expect(shown).toEqual([10, 30, 60_030, 60_030]);
  });
});

describe("the wait before a new try", () => {
  it("grows twofold and ends at half a minute", () => {
    expect([1, 2, 3].map((attempt) => drawWait(attempt, 1))).toEqual([firstWait, 2 * firstWait, 4 * firstWait]);
    expect(drawWait(1_000, 1)).toBe(longestWait);
  });

  it("is drawn from all of it, so that screens do not come back together", () => {
    expect(drawWait(4, 0)).toBe(0);
    expect(drawWait(4, 0.5)).toBe(1_000);
  });
});
