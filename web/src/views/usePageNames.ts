import { useEffect, useMemo, useState } from "preact/hooks";
import { type Change, findPage, type Page, toFailure } from "@connectionstate/client";
import { view } from "../app";
import { client } from "../api/client";
import { pageOf } from "../state/history";
import { PageNameCache } from "../state/pageNameCache";
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
    const connection = await client.getConnection(merchantId, page, { signal });
    return connection ? pageNameOf(connection) : page.pageId;
  } catch (error) {
    // The connection is no longer stored; show the id.
    if (toFailure(error).reason === "CONNECTION_NOT_FOUND") return page.pageId;
    throw error;
  }
}
