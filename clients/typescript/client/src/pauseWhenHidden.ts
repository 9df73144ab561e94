import type { PageListWatcher } from "./pageListWatcher.js";

// Over HTTP/1.1 a browser opens six connections to one origin, and an open stream holds one. A hidden tab releases its connection.
const pauseAfter = 30_000;

/** The events of the tab and the browser that a watcher follows. */
export interface BrowserEvents {
  readonly tab: EventTarget & { readonly hidden: boolean };
  readonly browser: EventTarget;
}

/** Pauses a watcher while the tab is hidden, and passes the browser's network events on to it. Returns a function that stops this. */
export function pauseWhenHidden(
  { tab, browser }: BrowserEvents,
  watcher: Pick<PageListWatcher, "pause" | "resume" | "closeStream">,
): () => void {
  let pauseTimer: ReturnType<typeof setTimeout> | undefined;
  const listening = new AbortController();
  const listen = (target: EventTarget, type: string, listener: () => void) => target.addEventListener(type, listener, { signal: listening.signal });
  const resumeIfVisible = () => {
    if (!tab.hidden) watcher.resume();
  };
  const onVisibilityChange = () => {
    clearTimeout(pauseTimer);
    if (tab.hidden) pauseTimer = setTimeout(() => watcher.pause(), pauseAfter);
    else resumeIfVisible();
  };

  onVisibilityChange();
  listen(tab, "visibilitychange", onVisibilityChange);
  listen(browser, "pageshow", resumeIfVisible);
  listen(browser, "online", resumeIfVisible);
  listen(browser, "offline", () => watcher.closeStream());
  // Another tab takes the stream over at once.
  listen(browser, "pagehide", () => watcher.pause());
  return () => {
    clearTimeout(pauseTimer);
    listening.abort();
  };
}
