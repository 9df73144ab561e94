import type { PageListView } from "@connectionstate/client";
import { useSyncExternalStore } from "react";
import { useConnectionStateClient } from "./provider.js";

/** Returns a merchant's page list, kept current while the component is mounted. All components of a merchant share one stream. */
export function usePageList(merchantId: string): PageListView {
  const watch = useConnectionStateClient().watchPageList(merchantId);
  return useSyncExternalStore(watch.subscribe, watch.getSnapshot, watch.getSnapshot);
}
