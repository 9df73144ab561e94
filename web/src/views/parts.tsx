import { language, now, text } from "../app";
import { Connection_State as State, Provider, type Connection, type ConnectSession, type PageList } from "../api/gen/connectionstate/v1/page_pb";
import { findPage } from "../state/pages";
import { pageKindName, stateKeys } from "../text/names";
import { exact, relative, short, relativeText, type TimeText } from "../text/time";

export function ProviderMark({ provider }: { readonly provider: Provider }) {
  const zalo = provider === Provider.ZALO;
  return (
    <span class={zalo ? "mark zalo" : "mark facebook"} role="img" aria-label={pageKindName(text.value, provider)}>
      {zalo ? "Z" : "f"}
    </span>
  );
}

export function StateBadge({ state }: { readonly state: State }) {
  return <span class={`badge ${stateKeys[state] ?? "none"}`}>{text.value.state[stateKeys[state] ?? "none"]}</span>;
}

/** A point in time relative to now, with another text once it is past. The tooltip shows the exact time. */
export function RelativeTime({ at, text, pastText }: { readonly at: number; readonly text: TimeText; readonly pastText?: TimeText }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(language.value, at)}>
      {relativeText(language.value, at, now.value, text, pastText)}
    </time>
  );
}

/** A date and time. The tooltip shows how long ago that was. */
export function AbsoluteTime({ at, text }: { readonly at: number; readonly text: TimeText }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={relative(language.value, at, now.value)}>
      {text(short(language.value, at))}
    </time>
  );
}

/** The name of a page, or its id if it has no name. */
export function pageNameOf(connection: Connection): string {
  return connection.pageName || (connection.page?.pageId ?? "");
}

/** The name of the page that a session is about. Sessions of a page list carry no candidates, so the list is searched too. */
export function chosenPageName({ candidates, page }: ConnectSession, list: PageList | undefined): string {
  const candidate = candidates.find((one) => one.pageId === page?.pageId);
  const listed = page && findPage(list, page);
  return candidate?.name ?? (listed ? pageNameOf(listed) : (page?.pageId ?? ""));
}
