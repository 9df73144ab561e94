import { type Change, type Connection, pageKey, State } from "@connectionstate/client";
import { pageOf } from "./state/history";
import { text } from "./app";
import { isServiceActor } from "./text/names";
import { pageNameOf } from "./views/parts";

// What others did last to each page, as the watch reports it.
const lastChanges = new Map<string, Change>();

export function rememberChanges(changes: readonly Change[]): void {
  for (const change of changes) {
    const page = pageOf(change);
    if (page && (change.kind.case === "transition" || change.kind.case === "acknowledged")) lastChanges.set(pageKey(page), change);
  }
}

/** What another tab or colleague did to a page, and who. */
export function externalChangeText(connection: Connection): string {
  const words = text.value.inbox;
  const change = lastChanges.get(pageKey(connection.page));
  // Without authentication, all people are "console".
  const who = !change || change.actor === "" || change.actor === "console" || isServiceActor(change.actor) ? words.byOtherWindow : words.byActor(change.actor);
  const isDisconnect = change?.kind.case === "transition" && change.kind.value.to === State.DISCONNECTED;
  return (isDisconnect ? words.disconnectedElsewhere : words.acknowledgedElsewhere)(pageNameOf(connection), who);
}
