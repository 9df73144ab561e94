import { effect } from "@preact/signals";
import { route, view } from "./app";
import { watching } from "./api/clients";
import { toFailure } from "./api/failure";
import { attend } from "./attention";
import { steady } from "./state/clock";
import { Watch } from "./state/watch";
import { unknown } from "./state/view";

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

  attend(document, window, () => watch);
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
