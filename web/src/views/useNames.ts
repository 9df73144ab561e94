import { useEffect, useMemo, useState } from "preact/hooks";
import { view } from "../app";
import { pages } from "../api/clients";
import { toFailure } from "../api/failure";
import type { Change } from "../api/gen/connectionstate/v1/change_pb";
import { pageOf } from "../state/history";
import { Names } from "../state/names";
import { findPage } from "../state/pages";
import type { Page } from "../state/routes";
import { nameOfPage } from "./parts";

/** What pages are called, those included that have left the list. */
export function useNames(merchantId: string, changes: readonly Change[] | undefined) {
  const { list, heardAt } = view.value;
  const [, setLearned] = useState(0);
  const { names, gone } = useMemo(() => {
    const gone = new AbortController();
    return { names: new Names((page) => ask(merchantId, page, gone.signal), () => setLearned((count) => count + 1)), gone };
  }, [merchantId]);

  useEffect(() => () => gone.abort(), [gone]);
  // Whoever could not be asked is asked again when the server is heard of.
  useEffect(() => {
    for (const page of list && changes ? changes.map(pageOf) : []) {
      if (page && !findPage(list, page)) void names.learn(page);
    }
  }, [names, changes, list, heardAt]);

  return (page: Page | undefined): string | undefined => {
    const listed = page && findPage(list, page);
    return listed ? nameOfPage(listed) : page && (names.nameOf(page) ?? page.pageId);
  };
}

async function ask(merchantId: string, page: Page, signal: AbortSignal): Promise<string> {
  try {
    const { connection } = await pages.getConnection({ merchantId, page }, { signal });
    return connection ? nameOfPage(connection) : page.pageId;
  } catch (error) {
    // It left so long ago that it is no longer kept: its id has to do.
    if (toFailure(error).reason === "CONNECTION_NOT_FOUND") return page.pageId;
    throw error;
  }
}
