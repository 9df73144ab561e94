import type { Watch } from "./state/watch";

// A browser opens few connections to one origin over HTTP/1.1, and an open stream holds one. A tab that nobody sees lets go.
const hiddenFor = 30_000;

/** Tells the watch that there is whether somebody looks at the tab, and what the browser knows of the network. */
export function attend(tab: EventTarget & { readonly hidden: boolean }, browser: EventTarget, watch: () => Watch | undefined): void {
  let hide: ReturnType<typeof setTimeout> | undefined;
  const wake = () => {
    if (!tab.hidden) watch()?.wake();
  };
  const look = () => {
    clearTimeout(hide);
    if (tab.hidden) hide = setTimeout(() => watch()?.pause(), hiddenFor);
    else wake();
  };

  look();
  tab.addEventListener("visibilitychange", look);
  browser.addEventListener("pageshow", wake);
  browser.addEventListener("online", wake);
  browser.addEventListener("offline", () => watch()?.cut());
}
