import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refreshWhileVisible } from "../src/fleet/refreshWhileVisible";

class Tab extends EventTarget {
  hidden = false;

  setHidden(hidden: boolean) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

describe("refreshWhileVisible", () => {
  const interval = 5_000;
  let tab: Tab;
  let answer: (() => void) | undefined;
  let answersAtOnce: boolean;
  let stop: () => void;
  const refresh = vi.fn((_: AbortSignal) => (answersAtOnce ? Promise.resolve() : new Promise<void>((resolve) => (answer = resolve))));
  const times = () => refresh.mock.calls.length;

  beforeEach(() => {
    vi.useFakeTimers();
    tab = new Tab();
    answersAtOnce = true;
    refresh.mockClear();
  });

  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  it("refreshes at once and every interval", async () => {
    stop = refreshWhileVisible(tab, interval, refresh);
    expect(times()).toBe(1);
    await vi.advanceTimersByTimeAsync(interval - 1);
    expect(times()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(times()).toBe(2);
    await vi.advanceTimersByTimeAsync(3 * interval);
    expect(times()).toBe(5);
  });

  it("does not ask twice at the same time: the interval begins with the answer", async () => {
    answersAtOnce = false;
    stop = refreshWhileVisible(tab, interval, refresh);
    await vi.advanceTimersByTimeAsync(3 * interval);
    tab.setHidden(true);
    tab.setHidden(false);
    expect(times()).toBe(1);

    answer!();
    await vi.advanceTimersByTimeAsync(interval - 1);
    expect(times()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(times()).toBe(2);
  });

  it("asks nothing while the tab is hidden, and at once when it is visible again", async () => {
    stop = refreshWhileVisible(tab, interval, refresh);
    await vi.advanceTimersByTimeAsync(0);
    tab.setHidden(true);
    await vi.advanceTimersByTimeAsync(10 * interval);
    expect(times()).toBe(1);

    tab.setHidden(false);
    expect(times()).toBe(2);
    await vi.advanceTimersByTimeAsync(interval);
    expect(times()).toBe(3);
  });

  it("asks at the interval after a tab was hidden for less than it", async () => {
    stop = refreshWhileVisible(tab, interval, refresh);
    await vi.advanceTimersByTimeAsync(interval / 2);
    tab.setHidden(true);
    tab.setHidden(false);
    expect(times()).toBe(2);

    // The timer of before is gone.
    await vi.advanceTimersByTimeAsync(interval - 1);
    expect(times()).toBe(2);
  });

  it("begins when a tab that was opened in the background is shown", async () => {
    tab.hidden = true;
    stop = refreshWhileVisible(tab, interval, refresh);
    await vi.advanceTimersByTimeAsync(interval);
    expect(times()).toBe(0);

    tab.setHidden(false);
    expect(times()).toBe(1);
  });

  it("asks no more after its end, and gives up what it asks", async () => {
    answersAtOnce = false;
    stop = refreshWhileVisible(tab, interval, refresh);
    const [signal] = refresh.mock.calls[0]!;
    stop();
    expect(signal.aborted).toBe(true);

    answer!();
    await vi.advanceTimersByTimeAsync(2 * interval);
    tab.setHidden(true);
    tab.setHidden(false);
    expect(times()).toBe(1);
  });
});
