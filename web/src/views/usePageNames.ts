import { useEffect, useMemo, useState } from "preact/hooks";
import { view } from "../app";
import { pageClient } from "../api/clients";
import { toFailure } from "../api/failure";
import type { Change } from "../api/gen/connectionstate/v1/change_pb";
import { pageOf } from "../state/history";
import { PageNameCache } from "../state/pageNameCache";
import { findPage } from "../state/pages";
import type { Page } from "../state/routes";
import { pageNameOf } from "./parts";

/** Returns a function that names pages, including those that have left the list. */
export function usePageNames(merchantId: string, changes: readonly Change[] | undefined) {
  const { list, lastMessageAt } = view.value;
  const [, setLoadCount] = useState(0);
  const { names, abort } = useMemo(() => {
    const abort = new AbortController();
    return { names: new PageNameCache((page) => fetchName(merchantId, page, abort.signal), () => setLoadCount((count) => count + 1)), abort };
  }, [merchantId]);

  useEffect(() => () => abort.abort(), [abort]);
  // Names that could not be fetched are fetched again after the next message of the watch.
  useEffect(() => {
    for (const page of list && changes ? changes.map(pageOf) : []) {
      if (page && !findPage(list, page)) void names.load(page);
    }
  }, [names, changes, list, lastMessageAt]);

  return (page: Page | undefined): string | undefined => {
    const listed = page && findPage(list, page);
    return listed ? pageNameOf(listed) : page && (names.get(page) ?? page.pageId);
  };
}

async function fetchName(merchantId: string, page: Page, signal: AbortSignal): Promise<string> {
  try {
    const { connection } = await pageClient.getConnection({ merchantId, page }, { signal });
    return connection ? pageNameOf(connection) : page.pageId;
  } catch (error) {
    // The connection is no longer stored; show the id.
    if (toFailure(error).reason === "CONNECTION_NOT_FOUND") return page.pageId;
    throw error;
  }
}
