import { useEffect, useRef } from "preact/hooks";
import { type Connection, findPage, isSamePage, type Page, type PageList, State } from "@connectionstate/client";
import { followExternalChange } from "../actions";
import { wasHandledElsewhere } from "../state/pages";

/**
 * Moves on when another tab or colleague acknowledged or disconnected the page of this screen, and says so. A person who is typing is not
 * moved: the connection as it was is returned instead, for the screen to keep showing it with a notice.
 */
export function useExternalChange(merchant: string, page: Page | undefined, list: PageList | undefined): Connection | undefined {
  const seen = useRef<{ page?: Page; list?: PageList }>({});
  const kept = useRef<Connection>(undefined);
  const handled = useRef<Connection>(undefined);

  // Not in an effect: the field in which the person types would be gone by then.
  if (seen.current.list !== list || !isSamePage(seen.current.page, page)) {
    const previousList = isSamePage(seen.current.page, page) ? seen.current.list : undefined;
    seen.current = { page, list };
    const isBack = page && findPage(list, page)?.state === State.CONNECTED;
    if (isBack || !isSamePage(kept.current?.page, page)) kept.current = undefined;
    if (page && wasHandledElsewhere(previousList, list, page)) (isTyping() ? kept : handled).current = findPage(previousList, page);
  }

  useEffect(() => {
    if (handled.current) void followExternalChange(merchant, handled.current);
    handled.current = undefined;
  });
  return kept.current;
}

function isTyping(): boolean {
  return document.activeElement?.matches("textarea, [contenteditable], input:not([type=checkbox], [type=radio])") === true;
}
