import { useState } from "preact/hooks";
import type { Connection, PageList } from "@connectionstate/client";
import { text } from "../app";
import { reconnect } from "../actions";
import { canAuthorize } from "../state/pages";
import { causeText, remedyText } from "../text/names";
import { milliseconds } from "../text/time";
import { Dialog } from "./Dialog";
import { NextPageHint } from "./NextPageHint";
import { AbsoluteTime, ConnectionBadge, pageNameOf, ProviderMark } from "./parts";

interface Props {
  readonly merchant: string;
  readonly list: PageList;
  readonly connection: Connection;
  readonly onAcknowledge: () => Promise<void>;
}

/** Tells that the connection is lost, why, and what to do about it (R13 to R17). */
export function LostNotice({ merchant, list, connection, onAcknowledge }: Props) {
  const words = text.value.inbox;
  const since = milliseconds(connection.stateSince);
  const provider = connection.page?.provider;
  const [busy, setBusy] = useState(false);

  async function acknowledge() {
    if (busy) return;
    setBusy(true);
    await onAcknowledge();
    setBusy(false);
  }

  return (
    <Dialog alert title={words.lostTitle(pageNameOf(connection))}>
      <p class="states">
        <ProviderMark provider={connection.page!.provider} />
        <ConnectionBadge connection={connection} />
        {since !== undefined && (
          <small>
            <AbsoluteTime at={since} text={words.lostSince} />
          </small>
        )}
      </p>
      <p>
        <b>{causeText(text.value, connection.cause, provider)}</b>
      </p>
      <p>{remedyText(text.value, connection.cause, provider)}</p>
      <NextPageHint list={list} page={connection.page!} />
      <div class="dialog-actions">
        <button type="button" class="primary" data-first aria-disabled={busy} onClick={() => void acknowledge()}>
          {words.understood}
        </button>
        {canAuthorize(list, connection) && (
          <button type="button" onClick={() => void reconnect(merchant, connection.page!)}>
            {words.reconnectNow}
          </button>
        )}
      </div>
    </Dialog>
  );
}
