import type { Connection, ConnectSession, Navigation, PageList, PageRef } from "./gen/connectionstate/v1/page_pb.js";
import { Cause, Connection_State as State, ConnectSession_Step as Step, Health, type Provider } from "./gen/connectionstate/v1/page_pb.js";

/** A page, as calls take it and as messages have it. */
export type Page = Pick<PageRef, "provider" | "pageId">;

/** Returns a key that identifies a page, for maps and lists. */
export function pageKey(page: Page | undefined): string {
  return `${page?.provider}/${page?.pageId}`;
}

export function isSamePage(one: Page | undefined, other: Page | undefined): boolean {
  return one !== undefined && other !== undefined && one.provider === other.provider && one.pageId === other.pageId;
}

/** Returns the connection to a page, or undefined if the page is not listed. */
export function findPage(list: PageList | undefined, page: Page): Connection | undefined {
  return list?.connections.find((connection) => isSamePage(connection.page, page));
}

/** Whether messages can be sent through the page: it is connected, suspect or not. */
export function canSend(connection: Connection): boolean {
  return connection.state === State.CONNECTED;
}

/** Lost through no action of the merchant's: expired, revoked, deleted, or disconnected because another account signed in. */
export function isLost(connection: Connection): boolean {
  switch (connection.state) {
    case State.EXPIRED:
    case State.REVOKED:
    case State.DELETED:
      return true;
    case State.DISCONNECTED:
      return connection.cause === Cause.SIGNED_IN_ELSEWHERE;
    default:
      return false;
  }
}

/** Connected, but something says that the page may be lost. Show it as "checking"; the page stays usable. */
export function isSuspect(connection: Connection): boolean {
  return connection.state === State.CONNECTED && connection.health === Health.SUSPECT;
}

/** Lost, and nobody has said "understood" yet. */
export function needsNotice(connection: Connection): boolean {
  return isLost(connection) && !connection.acknowledged;
}

/** Whether the connection holds a slot. Deleted and displaced pages stay in the list without one. */
export function holdsSlot(connection: Connection): boolean {
  return [State.PENDING, State.CONNECTED, State.EXPIRED, State.REVOKED].includes(connection.state);
}

/** Whether a slot is free for another page. */
export function canAddPage(list: PageList): boolean {
  return list.quota === undefined || list.quota.used < list.quota.limit;
}

/** Returns the newest open session for a page, if there is one. */
export function openSessionFor(list: PageList | undefined, page: Page): ConnectSession | undefined {
  return list?.sessions.findLast((session) => isSamePage(session.page ?? session.reconnectPage, page));
}

/** Whether the session has ended, well or not. */
export function hasEnded(session: ConnectSession): boolean {
  return session.step >= Step.CONNECTED;
}

/** Where a screen goes: to a page, or to the connect screen of a provider. */
export type NextScreen = { readonly page: Page } | { readonly connect: Provider };

/** Returns where the service sends the screen after Acknowledge or Disconnect, or undefined if it did not say. */
export function toNextScreen(navigation: Navigation | undefined): NextScreen | undefined {
  const target = navigation?.target;
  if (target?.case === "page") return { page: target.value };
  return target?.case === "connect" ? { connect: target.value.provider } : undefined;
}

/**
 * Returns the first connected page after a listed one, cyclically, or the connect screen of its provider. Only a preview of R17, R18, R20 and
 * R21: the service's reply decides, and it also knows the place of a page that has left the list.
 */
export function nextScreenAfter(list: PageList, page: Page): NextScreen {
  const at = list.connections.findIndex((connection) => isSamePage(connection.page, page));
  const others = [...list.connections.slice(at + 1), ...list.connections.slice(0, Math.max(at, 0))];
  const next = others.find(canSend)?.page;
  return next ? { page: next } : { connect: page.provider };
}
