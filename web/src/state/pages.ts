import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  findPage,
  holdsSlot,
  isLost,
  Plan,
  State,
  Step,
  type Connection,
  type ConnectSession,
  type Page,
  type PageList,
  type Provider,
  type Quota,
} from "@connectionstate/client";

/**
 * Whether a connect session can be begun for a listed page: to authorize a page again that works, or to bring a lost page back. A lost page without
 * a slot needs a free one.
 */
export function canAuthorize(list: PageList, connection: Connection): boolean {
  if (isLost(connection)) return holdsSlot(connection) || addBlockedReason(list) === undefined;
  return connection.state === State.CONNECTED;
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

/** Returns when the token ends or ended, or undefined if it has no end or lost its meaning. A provider may invalidate a token before its end. */
export function tokenEnd(connection: Connection, now: number): number | undefined {
  const end = connection.expiresAt && timestampMs(connection.expiresAt);
  if (end === undefined) return undefined;
  const isOver = connection.state === State.EXPIRED && end <= now;
  return isOver || connection.state === State.CONNECTED ? end : undefined;
}

/** Returns the lost pages of a provider that can be reconnected. */
export function reconnectable(list: PageList, provider: Provider): Connection[] {
  return list.connections.filter((connection) => connection.page?.provider === provider && isLost(connection) && canAuthorize(list, connection));
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
