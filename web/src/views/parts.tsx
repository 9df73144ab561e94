import {
  type Connection,
  Connection_State as State,
  type ConnectSession,
  type Evidence,
  findPage,
  isLost,
  isSuspect,
  type Page,
  type PageList,
  Provider,
} from "@connectionstate/client";
import { language, now, text } from "../app";
import { codeText, doubtText, isServiceActor, meaningText, pageKindName, sourceKeys, stateKeys } from "../text/names";
import { exact, milliseconds, relative, short, relativeText, type TimeText } from "../text/time";

export function ProviderMark({ provider }: { readonly provider: Provider }) {
  const zalo = provider === Provider.ZALO;
  return (
    <span class={zalo ? "mark zalo" : "mark facebook"} role="img" aria-label={pageKindName(text.value, provider)}>
      {zalo ? "Z" : "f"}
    </span>
  );
}

/** @param lost Whether the state is a loss, which "disconnected" may be or not. */
export function StateBadge({ state, lost }: { readonly state: State; readonly lost?: boolean }) {
  return <span class={`badge ${stateKeys[state] ?? "none"}${lost ? " lost" : ""}`}>{text.value.state[stateKeys[state] ?? "none"]}</span>;
}

/** The state of a connection; "checking" if it is suspect. */
export function ConnectionBadge({ connection }: { readonly connection: Connection }) {
  return isSuspect(connection) ? <CheckingBadge /> : <StateBadge state={connection.state} lost={isLost(connection)} />;
}

export function CheckingBadge() {
  return <span class="badge suspect">{text.value.health.suspect}</span>;
}

/** Since when and why a connection is suspect. Renders nothing for any other connection. */
export function CheckingNote({ connection }: { readonly connection: Connection }) {
  if (!isSuspect(connection)) return null;
  const since = milliseconds(connection.suspectSince);
  return (
    <p class="checking">
      {doubtText(text.value, connection.evidence)} {connection.evidence && <EvidenceText evidence={connection.evidence} provider={connection.page?.provider} />}
      {since !== undefined && (
        <small class="hint">
          {" "}
          <AbsoluteTime at={since} text={text.value.pages.checkingSince} />
        </small>
      )}
    </p>
  );
}

/** What was reported: the source, the provider's error code and its meaning, when, and by whom. */
export function EvidenceText({ evidence, provider }: { readonly evidence: Evidence; readonly provider: Provider | undefined }) {
  const words = text.value.history;
  const observed = milliseconds(evidence.observedAt);
  const code = codeText(evidence);
  const parts = [
    text.value.source[sourceKeys[evidence.source] ?? "none"],
    code !== undefined && words.code(code),
    meaningText(text.value, provider, evidence)?.replace(/\.$/, ""),
    observed !== undefined && words.observed(exact(language.value, observed)),
    evidence.reportedBy && !isServiceActor(evidence.reportedBy) && words.reportedBy(evidence.reportedBy),
  ].filter(Boolean);
  return parts.length > 0 ? <span class="evidence">{parts.join(" · ")}</span> : null;
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

/**
 * The name of the page that a session is about: the chosen one, or else the one to reconnect. Sessions of a page list carry no candidates, so
 * the list is searched too.
 */
export function chosenPageName({ candidates, page: chosen, reconnectPage }: ConnectSession, list: PageList | undefined): string {
  const page: Page | undefined = chosen ?? reconnectPage;
  const candidate = candidates.find((one) => one.pageId === page?.pageId);
  const listed = page && findPage(list, page);
  return candidate?.name ?? (listed ? pageNameOf(listed) : (page?.pageId ?? ""));
}
