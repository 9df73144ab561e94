import { useState } from "preact/hooks";
import { text } from "../app";
import { disconnect } from "../actions";
import type { Connection, PageList } from "../api/gen/connectionstate/v1/page_pb";
import { holdsSlot } from "../state/pages";
import { Dialog } from "./Dialog";
import { NextWords } from "./NextWords";
import { nameOfPage } from "./parts";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly list: PageList;
  readonly onLeave: () => void;
}

export function DisconnectDialog({ merchant, connection, list, onLeave }: Props) {
  const words = text.value.disconnect;
  const name = nameOfPage(connection);
  const [busy, setBusy] = useState(false);

  // When it is done, the page has left the list, and what is asked about it goes with it.
  async function confirm() {
    if (busy) return;
    setBusy(true);
    await disconnect(merchant, connection, name);
    setBusy(false);
  }

  return (
    <Dialog title={words.title(name)} onLeave={onLeave}>
      <p>{holdsSlot(connection) ? words.lead : words.leadWithoutSlot}</p>
      <NextWords list={list} page={connection.page!} />
      <div class="dialog-actions">
        <button type="button" data-first onClick={onLeave}>
          {words.keep}
        </button>
        <button type="button" class="primary danger" aria-disabled={busy} onClick={() => void confirm()}>
          {words.confirm}
        </button>
      </div>
    </Dialog>
  );
}
