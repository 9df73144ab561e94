import { afterEach, beforeEach, expect, describe, it, vi } from "vitest";
import { pauseWhenHidden } from "../src/pauseWhenHidden.js";

class Tab extends EventTarget {
  hidden = false;

  setHidden(hidden: boolean) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

describe("pauseWhenHidden", () => {
  const calls = { resume: vi.fn(), pause: vi.fn(), closeStream: vi.fn() };
  let tab: Tab;
  let browser: EventTarget;
  let stop: () => void;
  const open = (hidden: boolean) => {
    tab.hidden = hidden;
    stop = pauseWhenHidden({ tab, browser }, calls);
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

  it("pauses after the tab was hidden for 30 seconds without a break", () => {
    open(false);
    tab.setHidden(true);
    vi.advanceTimersByTime(29_999);
    tab.setHidden(false);
    tab.setHidden(true);
    vi.advanceTimersByTime(29_999);
    expect(calls.pause).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);
    expect(calls.pause).toHaveBeenCalledOnce();
  });

  it("pauses a tab that was opened in the background", () => {
    open(true);
    vi.advanceTimersByTime(30_000);

    expect(calls.pause).toHaveBeenCalledOnce();
  });

  it.each(["online", "pageshow"])("resumes on %s only if the tab is visible", (event) => {
    open(true);
    browser.dispatchEvent(new Event(event));
    expect(calls.resume).not.toHaveBeenCalled();

    tab.hidden = false;
    browser.dispatchEvent(new Event(event));
    expect(calls.resume).toHaveBeenCalledOnce();
  });

  it("resumes when the tab becomes visible, and closes the stream when the network is lost", () => {
    open(true);
    tab.setHidden(false);
    browser.dispatchEvent(new Event("offline"));

    expect(calls.resume).toHaveBeenCalledOnce();
    expect(calls.closeStream).toHaveBeenCalledOnce();
  });

  it("pauses at once when the page goes away, so that another tab reads the stream", () => {
    open(false);
    browser.dispatchEvent(new Event("pagehide"));

    expect(calls.pause).toHaveBeenCalledOnce();
  });

  it("does nothing after it was stopped", () => {
    open(false);
    tab.setHidden(true);
    vi.clearAllMocks();
    stop();
    vi.advanceTimersByTime(30_000);
    tab.setHidden(false);
    browser.dispatchEvent(new Event("online"));

    expect(calls.pause).not.toHaveBeenCalled();
    expect(calls.resume).not.toHaveBeenCalled();
  });
});
