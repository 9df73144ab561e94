import { language, now, text } from "../app";
import { Connection_State as State, Provider, type Connection, type ConnectSession, type PageList } from "../api/gen/connectionstate/v1/page_pb";
import { findPage } from "../state/pages";
import { kindOfPage, stateKeys } from "../text/names";
import { exact, relative, short, told, type Say } from "../text/time";

export function ProviderMark({ provider }: { readonly provider: Provider }) {
  const zalo = provider === Provider.ZALO;
  return (
    <span class={zalo ? "mark zalo" : "mark facebook"} role="img" aria-label={kindOfPage(text.value, provider)}>
      {zalo ? "Z" : "f"}
    </span>
  );
}

export function StateBadge({ state }: { readonly state: State }) {
  return <span class={`badge ${stateKeys[state] ?? "none"}`}>{text.value.state[stateKeys[state] ?? "none"]}</span>;
}

/** A moment, told from now, in other words once it is past; exactly, to whoever points at it. */
export function When({ at, say, past }: { readonly at: number; readonly say: Say; readonly past?: Say }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(language.value, at)}>
      {told(language.value, at, now.value, say, past)}
    </time>
  );
}

/** A moment by the clock; how long ago, to whoever points at it. */
export function At({ at, say }: { readonly at: number; readonly say: Say }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={relative(language.value, at, now.value)}>
      {say(short(language.value, at))}
    </time>
  );
}

/** What a page is called; a page without a name, by its id. */
export function nameOfPage(connection: Connection): string {
  return connection.pageName || (connection.page?.pageId ?? "");
}

/** What the page is called that an attempt to connect is about. A session that comes with the page list has no candidates. */
export function nameOfChosen({ candidates, page }: ConnectSession, list: PageList | undefined): string {
  const candidate = candidates.find((one) => one.pageId === page?.pageId);
  const listed = page && findPage(list, page);
  return candidate?.name ?? (listed ? nameOfPage(listed) : (page?.pageId ?? ""));
}
