import { useState } from "preact/hooks";
import type { Connection, PageList } from "@connectionstate/client";
import { text } from "../app";
import { causeKeys } from "../text/names";
import { Dialog } from "./Dialog";
import { NextPageHint } from "./NextPageHint";
import { pageNameOf, ProviderMark, StateBadge } from "./parts";

interface Props {
  readonly list: PageList;
  readonly connection: Connection;
  readonly onAcknowledge: () => Promise<void>;
}

/** Tells that the connection is lost, why, and what to do about it (R13 to R17). */
export function LostNotice({ list, connection, onAcknowledge }: Props) {
  const words = text.value.inbox;
  const key = causeKeys[connection.cause] ?? "none";
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
        <StateBadge state={connection.state} />
      </p>
      <p>
        <b>{text.value.cause[key]}</b>
      </p>
      <p>{text.value.remedy[key]}</p>
      <NextPageHint list={list} page={connection.page!} />
      <div class="dialog-actions">
        <button type="button" class="primary" data-first aria-disabled={busy} onClick={() => void acknowledge()}>
          {words.understood}
        </button>
      </div>
    </Dialog>
  );
}
