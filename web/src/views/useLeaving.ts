import { useEffect, useState } from "preact/hooks";
import type { Connection, PageList } from "../api/gen/connectionstate/v1/page_pb";
import { asAsked, isSamePage } from "../state/pages";
import type { Page } from "../state/routes";

/**
 * The page that the merchant is asked about before it is disconnected, as it is now, and how to ask. The question ends by itself when it
 * is void, or when the screen shows another page.
 */
export function useLeaving(list: PageList | undefined, shown?: Page) {
  const [asked, ask] = useState<Connection>();
  const isElsewhere = shown !== undefined && !isSamePage(asked?.page, shown);
  const leaving = asked && !isElsewhere ? asAsked(list, asked) : undefined;
  useEffect(() => {
    if (!leaving) ask(undefined);
  }, [leaving]);
  return [leaving, ask] as const;
}
