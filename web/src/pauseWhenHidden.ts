import type { PageListWatcher } from "./state/pageListWatcher";

// Over HTTP/1.1 a browser opens six connections to one origin, and an open stream holds one. A hidden tab releases its connection.
const pauseAfter = 30_000;

/** Pauses the current watcher while the tab is hidden, and passes the browser's network events on to it. */
export function pauseWhenHidden(
  tab: EventTarget & { readonly hidden: boolean },
  browser: EventTarget,
  currentWatcher: () => PageListWatcher | undefined,
): void {
  let pauseTimer: ReturnType<typeof setTimeout> | undefined;
  const resumeIfVisible = () => {
    if (!tab.hidden) currentWatcher()?.resume();
  };
  const onVisibilityChange = () => {
    clearTimeout(pauseTimer);
    if (tab.hidden) pauseTimer = setTimeout(() => currentWatcher()?.pause(), pauseAfter);
    else resumeIfVisible();
  };

  onVisibilityChange();
  tab.addEventListener("visibilitychange", onVisibilityChange);
  browser.addEventListener("pageshow", resumeIfVisible);
  browser.addEventListener("online", resumeIfVisible);
  browser.addEventListener("offline", () => currentWatcher()?.closeStream());
}
