import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Connection, ConnectSession, PageList, Quota } from "../api/gen/connectionstate/v1/page_pb";
import { Cause, Connection_State as State, ConnectSession_Step as Step, Health, Plan, type Provider } from "../api/gen/connectionstate/v1/page_pb";
import type { Page } from "./routes";

/** A key that identifies a page. */
export function pageKey(page: Page | undefined): string {
  return `${page?.provider}/${page?.pageId}`;
}

export function isSamePage(one: Page | undefined, other: Page | undefined): boolean {
  return one !== undefined && other !== undefined && one.provider === other.provider && one.pageId === other.pageId;
}

export function findPage(list: PageList | undefined, page: Page): Connection | undefined {
  return list?.connections.find((connection) => isSamePage(connection.page, page));
}

/** Lost: expired, revoked, deleted, or disconnected because another account signed in. */
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

/** Suspect: connected, but something says that the page may be lost. Shown as "checking"; the page stays usable. */
export function isSuspect(connection: Connection): boolean {
  return connection.state === State.CONNECTED && connection.health === Health.SUSPECT;
}

/** Whether a connect session can be begun for a listed page: to bring a lost page back, or to authorize a page again that works. */
export function canAuthorize(connection: Connection): boolean {
  return isLost(connection) || connection.state === State.CONNECTED;
}

/** Returns the newest open session for a page, if there is one. */
export function openSessionFor(list: PageList | undefined, page: Page): ConnectSession | undefined {
  return list?.sessions.findLast((session) => isSamePage(session.page ?? session.reconnectPage, page));
}

/**
 * Returns the open sessions at the consent step that hold a slot for a page that is not connected. Cancelling one may free a slot.
 */
export function sessionsHoldingSlots(list: PageList): ConnectSession[] {
  return list.sessions.filter(({ step, page }) => {
    const connection = page && step === Step.CONSENT ? findPage(list, page) : undefined;
    return connection !== undefined && (connection.state === State.PENDING || !holdsSlot(connection));
  });
}

export function needsNotice(connection: Connection): boolean {
  return isLost(connection) && !connection.acknowledged;
}

/** Deleted and displaced pages stay in the list without a slot. */
export function holdsSlot(connection: Connection): boolean {
  return connection.state !== State.DELETED && connection.state !== State.DISCONNECTED;
}

/** Returns when the token ends or ended, or undefined if it has no end or lost its meaning. A provider may invalidate a token before its end. */
export function tokenEnd(connection: Connection, now: number): number | undefined {
  const end = connection.expiresAt && timestampMs(connection.expiresAt);
  if (end === undefined) return undefined;
  const isOver = connection.state === State.EXPIRED && end <= now;
  return isOver || connection.state === State.CONNECTED ? end : undefined;
}

/** Returns the lost pages of a provider that can be reconnected: those that kept their slot, and the others while a slot is free. */
export function reconnectable(list: PageList, provider: Provider): Connection[] {
  const isFull = addBlockedReason(list) !== undefined;
  return list.connections.filter(
    (connection) => connection.page?.provider === provider && isLost(connection) && (holdsSlot(connection) || !isFull),
  );
}

/** The screen after a page: another page, or the connect screen of a provider. */
export type NextScreen = { page: Connection } | { connect: Provider };

/**
 * Returns the first connected page after a listed one, cyclically. Only a preview: the server's reply decides which screen comes next.
 */
export function nextAfter(list: PageList, page: Page): NextScreen {
  const at = list.connections.findIndex((connection) => isSamePage(connection.page, page));
  const others = [...list.connections.slice(at + 1), ...list.connections.slice(0, Math.max(at, 0))];
  const next = others.find((connection) => connection.state === State.CONNECTED);
  return next ? { page: next } : { connect: page.provider };
}

/** Returns the page that the inbox opens with: the first connected page, or else the first page. */
export function initialInboxPage(list: PageList): Connection | undefined {
  return list.connections.find((connection) => connection.state === State.CONNECTED) ?? list.connections[0];
}

/** Returns the current form of a connection, or undefined if it has left the list or changed its state. */
export function ifStateUnchanged(list: PageList | undefined, connection: Connection): Connection | undefined {
  const current = connection.page && findPage(list, connection.page);
  return current?.state === connection.state ? current : undefined;
}

/** Returns why no page can be added, or undefined if one can. */
export function addBlockedReason(list: PageList): "full" | "fullOnTrial" | "over" | undefined {
  const quota = list.quota;
  if (!quota || quota.used < quota.limit) return undefined;
  if (quota.overLimit) return "over";
  return quota.plan === Plan.TRIAL ? "fullOnTrial" : "full";
}

/** Returns how many bought pages count towards the limit: none on a trial (R10, R11). */
export function effectiveBoughtPages(quota: Quota): number {
  return quota.plan === Plan.TRIAL ? 0 : quota.bought;
}

/**
 * Whether another tab or colleague handled the page: it was acknowledged, or has left the list. A page that leaves the list while a session
 * waits for it comes back as a new one.
 */
export function wasHandledElsewhere(previousList: PageList | undefined, list: PageList | undefined, page: Page): boolean {
  const previous = findPage(previousList, page);
  if (!previous || !list) return false;
  const current = findPage(list, page);
  if (current === undefined || (current.acknowledged && !previous.acknowledged)) return true;
  return isLost(previous) && current.state === State.PENDING;
}
