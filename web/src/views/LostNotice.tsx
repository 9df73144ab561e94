import { useState } from "preact/hooks";
import { text } from "../app";
import type { Connection, PageList } from "../api/gen/connectionstate/v1/page_pb";
import { causeKeys } from "../text/names";
import { Dialog } from "./Dialog";
import { NextWords } from "./NextWords";
import { nameOfPage, ProviderMark, StateBadge } from "./parts";

interface Props {
  readonly list: PageList;
  readonly connection: Connection;
  readonly onUnderstood: () => Promise<void>;
}

/** R13 to R17: the connection is lost; why, and what to do about it. */
export function LostNotice({ list, connection, onUnderstood }: Props) {
  const words = text.value.inbox;
  const key = causeKeys[connection.cause] ?? "none";
  const [busy, setBusy] = useState(false);

  async function understood() {
    if (busy) return;
    setBusy(true);
    await onUnderstood();
    setBusy(false);
  }

  return (
    <Dialog alert title={words.lostTitle(nameOfPage(connection))}>
      <p class="states">
        <ProviderMark provider={connection.page!.provider} />
        <StateBadge state={connection.state} />
      </p>
      <p>
        <b>{text.value.cause[key]}</b>
      </p>
      <p>{text.value.remedy[key]}</p>
      <NextWords list={list} page={connection.page!} />
      <div class="dialog-actions">
        <button type="button" class="primary" data-first aria-disabled={busy} onClick={() => void understood()}>
          {words.understood}
        </button>
      </div>
    </Dialog>
  );
}
