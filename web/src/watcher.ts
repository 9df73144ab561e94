import { effect } from "@preact/signals";
import { route, view } from "./app";
import { watching } from "./api/clients";
import { toFailure } from "./api/failure";
import { steady } from "./state/clock";
import { Watch } from "./state/watch";
import { unknown } from "./state/view";

// A browser opens few connections to one origin over HTTP/1.1, and an open stream holds one. A tab that nobody sees lets go.
const hiddenFor = 30_000;

/** Keeps `view` true to the merchant of the address. */
export function startWatching(): void {
  let merchant: string | undefined;
  let watch: Watch | undefined;

  effect(() => {
    const wanted = route.value.at === "start" ? undefined : route.value.merchant;
    if (wanted === merchant) return;
    merchant = wanted;
    watch?.stop();
    view.value = unknown;
    watch = wanted === undefined ? undefined : open(wanted);
  });

  let hide: number | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hide);
    if (document.hidden) hide = window.setTimeout(() => watch?.pause(), hiddenFor);
    else watch?.wake();
  });
  addEventListener("pageshow", () => watch?.wake());
  addEventListener("online", () => watch?.wake());
  addEventListener("offline", () => watch?.cut());
}

function open(merchantId: string): Watch {
  const watch = new Watch(
    {
      open: (resumeToken, signal) => watching.watchPageList({ merchantId, resumeToken }, { signal }),
      now: Date.now,
      clock: steady(Date.now, () => performance.now()),
      random: Math.random,
      after: (milliseconds, then) => {
        const timer = setTimeout(then, milliseconds);
        return () => clearTimeout(timer);
      },
      explain: toFailure,
    },
    (seen) => (view.value = seen),
  );
  void watch.run();
  return watch;
}
