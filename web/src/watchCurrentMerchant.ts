import { effect } from "@preact/signals";
import { accessToken } from "./api/accessToken";
import { watchClient } from "./api/clients";
import { toFailure } from "./api/failure";
import { route, view } from "./app";
import { pauseWhenHidden } from "./pauseWhenHidden";
import { monotonicClock } from "./state/monotonicClock";
import { PageListWatcher } from "./state/pageListWatcher";
import { initialView } from "./state/view";

/** Watches the merchant of the current route and updates `view`. */
export function watchCurrentMerchant(): void {
  let merchant: string | undefined;
  let watcher: PageListWatcher | undefined;

  effect(() => {
    const wanted = route.value.at === "start" ? undefined : route.value.merchant;
    if (wanted === merchant) return;
    merchant = wanted;
    watcher?.stop();
    view.value = initialView;
    watcher = wanted === undefined ? undefined : startWatcher(wanted);
  });

  pauseWhenHidden(document, window, () => watcher);
  accessToken.onChange = () => watcher?.reopen();
  accessToken.onEnd = () => watcher?.closeStream();
}

function startWatcher(merchantId: string): PageListWatcher {
  const watcher = new PageListWatcher(
    {
      open: (resumeToken, signal) => watchClient.watchPageList({ merchantId, resumeToken }, { signal }),
      now: Date.now,
      monotonicNow: monotonicClock(Date.now, () => performance.now()),
      random: Math.random,
      setTimer: (milliseconds, callback) => {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
      toFailure,
    },
    (updated) => (view.value = updated),
  );
  void watcher.run();
  return watcher;
}
