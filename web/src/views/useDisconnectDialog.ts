import { useEffect, useState } from "preact/hooks";
import { type Connection, isSamePage, type Page, type PageList } from "@connectionstate/client";
import { ifStateUnchanged } from "../state/pages";

/**
 * Returns the connection that the disconnect dialog is about, in its current form, and a setter that opens or closes the dialog. The
 * dialog closes by itself when the connection changes its state or leaves the list, or when the screen shows another page.
 */
export function useDisconnectDialog(list: PageList | undefined, shown?: Page) {
  const [selected, setSelected] = useState<Connection>();
  const isOtherPage = shown !== undefined && !isSamePage(selected?.page, shown);
  const toDisconnect = selected && !isOtherPage ? ifStateUnchanged(list, selected) : undefined;
  useEffect(() => {
    if (!toDisconnect) setSelected(undefined);
  }, [toDisconnect]);
  return [toDisconnect, setSelected] as const;
}
