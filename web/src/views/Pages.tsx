import { go, text, view } from "../app";
import type { PageList } from "../api/gen/connectionstate/v1/page_pb";
import { whyNoAdd } from "../state/pages";
import { DisconnectDialog } from "./DisconnectDialog";
import { Icon } from "./Icon";
import { Loading } from "./Loading";
import { PageCard } from "./PageCard";
import { QuotaMeter } from "./QuotaMeter";
import { Sessions } from "./Sessions";
import { useLeaving } from "./useLeaving";

/** The page-selection screen. */
export function Pages({ merchant }: { readonly merchant: string }) {
  const words = text.value.pages;
  const { list } = view.value;
  const [leaving, askToLeave] = useLeaving(list);

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
          {list.connections.length === 0 ? (
            <div class="card empty">
              <Icon name="pages" />
              <h2>{words.empty}</h2>
              <p>{words.emptyLead}</p>
            </div>
          ) : (
            <ol class="pages" aria-label={words.list}>
              {list.connections.map((connection) => (
                <PageCard
                  key={`${connection.page?.provider}/${connection.page?.pageId}`}
                  merchant={merchant}
                  connection={connection}
                  onDisconnect={() => askToLeave(connection)}
                />
              ))}
            </ol>
          )}
        </>
      ) : (
        <Loading />
      )}
      {leaving && list && <DisconnectDialog merchant={merchant} connection={leaving} list={list} onLeave={() => askToLeave(undefined)} />}
    </>
  );
}

// R12: offered below the limit only; above it, why not.
function AddButton({ merchant, list }: { readonly merchant: string; readonly list: PageList }) {
  const words = text.value.pages;
  const why = whyNoAdd(list);
  const { used = 0, limit = 0 } = list.quota ?? {};
  return (
    <div class="add">
      <button type="button" class="primary" disabled={why !== undefined} aria-describedby={why && "why-no-add"} onClick={() => go({ at: "add", merchant })}>
        <Icon name="plus" />
        {words.add}
      </button>
      {why && (
        <p id="why-no-add" class="hint">
          {words[why](used, limit)}
        </p>
      )}
    </div>
  );
}
