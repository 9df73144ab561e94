import { useEffect, useState } from "preact/hooks";
import { view } from "../app";
import { pages } from "../api/clients";
import type { Change } from "../api/gen/connectionstate/v1/change_pb";
import { pageOf } from "../state/history";
import { findPage } from "../state/pages";
import { format, type Page } from "../state/routes";
import { nameOfPage } from "./parts";

/** What pages are called, those included that have left the list: they are asked for, once each. */
export function useNames(merchantId: string, changes: readonly Change[] | undefined) {
  const [left, setLeft] = useState<ReadonlyMap<string, string>>(new Map());
  const { list } = view.value;
  const keyOf = (page: Page) => format({ at: "history", merchant: merchantId, page });
  const isAskedFor = list !== undefined && changes !== undefined;

  useEffect(() => {
    const gone = new AbortController();
    const unknown = new Map<string, Page>();
    for (const page of isAskedFor ? changes.map(pageOf) : []) {
      if (page && !findPage(list, page) && !left.has(keyOf(page))) unknown.set(keyOf(page), page);
    }

    for (const [key, page] of unknown) {
      pages.getConnection({ merchantId, page }, { signal: gone.signal }).then(
        ({ connection }) => connection && setLeft((known) => new Map(known).set(key, nameOfPage(connection))),
        // It left so long ago that it is no longer kept: its id has to do.
        () => gone.signal.aborted || setLeft((known) => new Map(known).set(key, page.pageId)),
      );
    }

    return () => gone.abort();
  }, [merchantId, isAskedFor, changes?.length, list?.connections.length]);

  return (page: Page | undefined): string | undefined => {
    const listed = page && findPage(list, page);
    return listed ? nameOfPage(listed) : page && (left.get(keyOf(page)) ?? page.pageId);
  };
}
