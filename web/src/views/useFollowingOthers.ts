import { useEffect, useRef } from "preact/hooks";
import { followOthers } from "../actions";
import type { PageList } from "../api/gen/connectionstate/v1/page_pb";
import { isSamePage, wasSettledElsewhere } from "../state/pages";
import type { Page } from "../state/routes";

/** When somebody else has understood, or has disconnected the page, this screen asks where to go, and gets the same answer. */
export function useFollowingOthers(merchant: string, page: Page | undefined, list: PageList | undefined) {
  const seen = useRef<{ page?: Page; list?: PageList }>({});
  useEffect(() => {
    const before = isSamePage(seen.current.page, page) ? seen.current.list : undefined;
    seen.current = { page, list };
    if (page && wasSettledElsewhere(before, list, page)) void followOthers(merchant, page);
  }, [merchant, page, list]);
}
