import { initialView } from "@connectionstate/client";
import { effect } from "@preact/signals";
import { client } from "./api/client";
import { route, view } from "./app";
import { rememberChanges } from "./externalChange";
import { merchantOf } from "./state/routes";

/** Watches the merchant of the current route and updates `view`. Returns a function that ends it. */
export function watchCurrentMerchant(): () => void {
  let merchant: string | undefined;
  let unsubscribe = () => {};

  const stop = effect(() => {
    const wanted = merchantOf(route.value);
    if (wanted === merchant) return;
    merchant = wanted;
    unsubscribe();
    view.value = initialView;
    if (wanted === undefined) return;
    const watch = client.watchPageList(wanted);
    const ends = [watch.subscribe(() => (view.value = watch.getSnapshot())), watch.onChanges(rememberChanges)];
    unsubscribe = () => ends.forEach((end) => end());
    view.value = watch.getSnapshot();
  });

  return () => {
    stop();
    unsubscribe();
  };
}
