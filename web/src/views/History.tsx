import { useMemo, useState } from "preact/hooks";
import type { Change, Page } from "@connectionstate/client";
import { navigate, text, view } from "../app";
import { outageDurations, pageOf } from "../state/history";
import { format } from "../state/routes";
import { failureText } from "../text/names";
import { HistoryEntry } from "./HistoryEntry";
import { Loading } from "./Loading";
import { useHistory } from "./useHistory";
import { usePageNames } from "./usePageNames";

/** The history of a merchant or a page, newest first. */
export function History({ merchant, page }: { readonly merchant: string; readonly page?: Page }) {
  return <HistoryList key={format({ at: "history", merchant, page })} merchant={merchant} page={page} />;
}

function HistoryList({ merchant, page }: { readonly merchant: string; readonly page?: Page }) {
  const words = text.value.history;
  const { changes, trimmed, failure } = useHistory(merchant, page);
  const [withSessions, setWithSessions] = useState(false);
  const nameOf = usePageNames(merchant, changes);
  const entries = useMemo(() => toEntries(changes ?? [], withSessions), [changes, withSessions]);

  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <div class="filters">
        <PageFilter merchant={merchant} page={page} changes={changes ?? []} nameOf={nameOf} />
        <label class="check">
          <input type="checkbox" checked={withSessions} onChange={(event) => setWithSessions(event.currentTarget.checked)} />
          {words.showSessions}
        </label>
        <span class="spring" />
        {changes && <span class="hint">{words.count(entries.length)}</span>}
      </div>
      {failure && <p class="banner bad">{failureText(text.value, failure)}</p>}
      {!changes && !failure && <Loading />}
      {changes && entries.length === 0 && <p class="card empty">{words.empty}</p>}
      <ol class="history" reversed>
        {entries.map(({ change, outage }, index) => (
          <HistoryEntry key={`${change.revision}/${entries.length - index}`} change={change} outage={outage} name={page ? undefined : nameOf(pageOf(change))} />
        ))}
      </ol>
      {trimmed && <p class="hint">{words.trimmed}</p>}
    </>
  );
}

function toEntries(changes: readonly Change[], withSessions: boolean) {
  const outages = outageDurations(changes);
  const shown = changes.filter((change) => withSessions || change.kind.case !== "sessionMoved");
  return shown.map((change) => ({ change, outage: outages.get(change) })).reverse();
}

interface FilterProps {
  readonly merchant: string;
  readonly page?: Page;
  readonly changes: readonly Change[];
  readonly nameOf: (page: Page | undefined) => string | undefined;
}

// Offers the pages of the list, the selected page, and pages of the history that have left the list.
function PageFilter({ merchant, page, changes, nameOf }: FilterProps) {
  const words = text.value.history;
  const options = new Map<string, { page: Page; name: string }>();
  const addOption = (option: Page | undefined) => {
    if (!option) return;
    const key = format({ at: "history", merchant, page: option });
    if (!options.has(key)) options.set(key, { page: option, name: nameOf(option) ?? option.pageId });
  };

  view.value.list?.connections.forEach((connection) => addOption(connection.page));
  addOption(page);
  changes.forEach((change) => addOption(pageOf(change)));

  return (
    <label class="field inline">
      {words.filter}
      <select
        value={format({ at: "history", merchant, page })}
        onChange={(event) => navigate({ at: "history", merchant, page: options.get(event.currentTarget.value)?.page })}
      >
        <option value={format({ at: "history", merchant })}>{words.all}</option>
        {[...options].map(([key, { name }]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
