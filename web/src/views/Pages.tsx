import { type Connection, pageKey, type PageList } from "@connectionstate/client";
import { navigate, text, view } from "../app";
import { addBlockedReason } from "../state/pages";
import { DisconnectDialog } from "./DisconnectDialog";
import { Icon } from "./Icon";
import { LimitReason } from "./LimitReason";
import { Loading } from "./Loading";
import { PageCard } from "./PageCard";
import { QuotaMeter } from "./QuotaMeter";
import { Sessions } from "./Sessions";
import { useDisconnectDialog } from "./useDisconnectDialog";

/** The page-selection screen. */
export function Pages({ merchant }: { readonly merchant: string }) {
  const words = text.value.pages;
  const { list } = view.value;
  const [toDisconnect, setToDisconnect] = useDisconnectDialog(list);

  return (
    <>
      <div class="heading">
        <div>
          <h1>{words.title}</h1>
          <p class="lead">{words.lead}</p>
        </div>
        {list && <AddButton merchant={merchant} list={list} />}
      </div>
      {list ? (
        <>
          {list.quota && <QuotaMeter quota={list.quota} />}
          <Sessions merchant={merchant} sessions={list.sessions} />
          <PageCards merchant={merchant} list={list} onDisconnect={setToDisconnect} />
        </>
      ) : (
        <Loading />
      )}
      {toDisconnect && list && <DisconnectDialog merchant={merchant} connection={toDisconnect} list={list} onClose={() => setToDisconnect(undefined)} />}
    </>
  );
}

interface CardsProps {
  readonly merchant: string;
  readonly list: PageList;
  readonly onDisconnect: (connection: Connection) => void;
}

function PageCards({ merchant, list, onDisconnect }: CardsProps) {
  const words = text.value.pages;
  if (list.connections.length === 0) {
    return (
      <div class="card empty">
        <Icon name="pages" />
        <h2>{words.empty}</h2>
        <p>{words.emptyLead}</p>
        <button type="button" class="primary" onClick={() => navigate({ at: "add", merchant })}>
          <Icon name="plus" />
          {words.connectFirst}
        </button>
      </div>
    );
  }

  return (
    <ol class="pages" aria-label={words.list}>
      {list.connections.map((connection) => (
        <PageCard key={pageKey(connection.page)} merchant={merchant} connection={connection} onDisconnect={() => onDisconnect(connection)} />
      ))}
    </ol>
  );
}

// R12: offered below the limit only; otherwise it shows the reason.
function AddButton({ merchant, list }: { readonly merchant: string; readonly list: PageList }) {
  const words = text.value.pages;
  const why = addBlockedReason(list);
  return (
    <div class="add">
      <button type="button" class="primary" disabled={why !== undefined} aria-describedby={why && "why-no-add"} onClick={() => navigate({ at: "add", merchant })}>
        <Icon name="plus" />
        {words.add}
      </button>
      {why && (
        <p id="why-no-add" class="hint">
          <LimitReason list={list} />
        </p>
      )}
    </div>
  );
}
