/** The tab that shows what is refreshed. */
export type Tab = EventTarget & { readonly hidden: boolean };

/**
 * Refreshes at once, then an interval after each answer while the tab is visible, and at once when it becomes visible again. Never asks twice at the
 * same time. Returns a function that ends it.
 * @param interval Milliseconds.
 * @param refresh Asks and shows the answer or the failure. It does not reject.
 */
export function refreshWhileVisible(tab: Tab, interval: number, refresh: (signal: AbortSignal) => Promise<void>): () => void {
  const end = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;

  async function run(): Promise<void> {
    if (isBusy || tab.hidden) return;
    clearTimeout(timer);
    isBusy = true;
    await refresh(end.signal);
    isBusy = false;
    if (!end.signal.aborted) timer = setTimeout(() => void run(), interval);
  }

  tab.addEventListener("visibilitychange", () => void run(), { signal: end.signal });
  void run();
  return () => {
    end.abort();
    clearTimeout(timer);
  };
}
