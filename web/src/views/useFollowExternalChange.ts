import { useEffect, useRef } from "preact/hooks";
import { isSamePage, type Page, type PageList } from "@connectionstate/client";
import { followExternalChange } from "../actions";
import { wasHandledElsewhere } from "../state/pages";

/** Moves on when another tab or colleague acknowledged or disconnected the page of this screen. */
export function useFollowExternalChange(merchant: string, page: Page | undefined, list: PageList | undefined) {
  const previous = useRef<{ page?: Page; list?: PageList }>({});
  useEffect(() => {
    const previousList = isSamePage(previous.current.page, page) ? previous.current.list : undefined;
    previous.current = { page, list };
    if (page && wasHandledElsewhere(previousList, list, page)) void followExternalChange(merchant, page);
  }, [merchant, page, list]);
}
