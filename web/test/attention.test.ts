import { afterEach, beforeEach, expect, describe, it, vi } from "vitest";
import { attend } from "../src/attention";
import type { Watch } from "../src/state/watch";

class Tab extends EventTarget {
  hidden = false;

  become(hidden: boolean) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

describe("a tab", () => {
  const calls = { wake: vi.fn(), pause: vi.fn(), cut: vi.fn() };
  let tab: Tab;
  let browser: EventTarget;
  const open = (hidden: boolean) => {
    tab.hidden = hidden;
    attend(tab, browser, () => calls as unknown as Watch);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    tab = new Tab();
    browser = new EventTarget();
  });

  afterEach(() => {
    vi.clearAllMocks();
    vi.useRealTimers();
  });

  it("lets go after half a minute in which nobody looked, and no sooner", () => {
    open(false);
    tab.become(true);
    vi.advanceTimersByTime(29_999);
    tab.become(false);
    tab.become(true);
    vi.advanceTimersByTime(29_999);
    expect(calls.pause).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);
    expect(calls.pause).toHaveBeenCalledOnce();
  });

  it("lets go that was opened in the background", () => {
    open(true);
    vi.advanceTimersByTime(30_000);

    expect(calls.pause).toHaveBeenCalledOnce();
  });

  it.each(["online", "pageshow"])("wakes on %s only if somebody looks", (event) => {
    open(true);
    browser.dispatchEvent(new Event(event));
    expect(calls.wake).not.toHaveBeenCalled();

    tab.hidden = false;
    browser.dispatchEvent(new Event(event));
    expect(calls.wake).toHaveBeenCalledOnce();
  });

  it("wakes when somebody looks, and is cut off when the network goes", () => {
    open(true);
    tab.become(false);
    browser.dispatchEvent(new Event("offline"));

    expect(calls.wake).toHaveBeenCalledOnce();
    expect(calls.cut).toHaveBeenCalledOnce();
  });
});
