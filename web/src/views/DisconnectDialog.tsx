import { useState } from "preact/hooks";
import { type Connection, holdsSlot, type PageList } from "@connectionstate/client";
import { text } from "../app";
import { disconnect } from "../actions";
import { Dialog } from "./Dialog";
import { NextPageHint } from "./NextPageHint";
import { pageNameOf } from "./parts";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly list: PageList;
  readonly onClose: () => void;
}

export function DisconnectDialog({ merchant, connection, list, onClose }: Props) {
  const words = text.value.disconnect;
  const name = pageNameOf(connection);
  const keeps = holdsSlot(connection);
  const [busy, setBusy] = useState(false);

  // The caller closes the dialog when the page has left the list.
  async function confirm() {
    if (busy) return;
    setBusy(true);
    await disconnect(merchant, connection, name);
    setBusy(false);
  }

  return (
    <Dialog title={(keeps ? words.title : words.removeTitle)(name)} onClose={onClose}>
      <p>{keeps ? words.lead : words.leadWithoutSlot}</p>
      <NextPageHint list={list} page={connection.page!} />
      <div class="dialog-actions">
        <button type="button" data-first onClick={onClose}>
          {words.keep}
        </button>
        <button type="button" class="primary danger" aria-disabled={busy} onClick={() => void confirm()}>
          {keeps ? words.confirm : text.value.pages.remove}
        </button>
      </div>
    </Dialog>
  );
}
