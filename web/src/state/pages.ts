import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Connection, PageList, Quota } from "../api/gen/connectionstate/v1/page_pb";
import { Cause, Connection_State as State, Plan, type Provider } from "../api/gen/connectionstate/v1/page_pb";
import type { Page } from "./routes";

/** The same for the same page, wherever in a list it stands. */
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

export function needsNotice(connection: Connection): boolean {
  return isLost(connection) && !connection.acknowledged;
}

/** A deleted page and one that was taken by another merchant stand in the list without taking one of its slots. */
export function holdsSlot(connection: Connection): boolean {
  return connection.state !== State.DELETED && connection.state !== State.DISCONNECTED;
}

/** When the token ends, or has ended; undefined: never, or that says nothing. A provider may call a token invalid before its end. */
export function tokenEnd(connection: Connection, now: number): number | undefined {
  const end = connection.expiresAt && timestampMs(connection.expiresAt);
  if (end === undefined) return undefined;
  const isOver = connection.state === State.EXPIRED && end <= now;
  return isOver || connection.state === State.CONNECTED ? end : undefined;
}

/**
 * The lost pages of a provider that can be brought back: those that kept their slot, the others while one is free. A deleted one
 * cannot.
 */
export function reconnectable(list: PageList, provider: Provider): Connection[] {
  const isFull = whyNoAdd(list) !== undefined;
  return list.connections.filter(
    (connection) =>
      connection.page?.provider === provider &&
      isLost(connection) &&
      connection.state !== State.DELETED &&
      !(isFull && connection.state === State.DISCONNECTED),
  );
}

/** Where a screen will go after a page: a page, or the connect screen of a provider. */
export type Next = { page: Connection } | { connect: Provider };

/**
 * The next page after a listed one: the first connected page after it, cyclically. Only for telling what will come; where a
 * screen goes is what the server answers.
 */
export function nextAfter(list: PageList, page: Page): Next {
  const at = list.connections.findIndex((connection) => isSamePage(connection.page, page));
  const others = [...list.connections.slice(at + 1), ...list.connections.slice(0, Math.max(at, 0))];
  const next = others.find((connection) => connection.state === State.CONNECTED);
  return next ? { page: next } : { connect: page.provider };
}

/** The page that the inbox opens with: the first that works, or else the first there is. */
export function firstPage(list: PageList): Connection | undefined {
  return list.connections.find((connection) => connection.state === State.CONNECTED) ?? list.connections[0];
}

/** What somebody was asked about, as it is now; undefined once it has left the list or is in another state: the question is void. */
export function asAsked(list: PageList | undefined, asked: Connection): Connection | undefined {
  const is = asked.page && findPage(list, asked.page);
  return is?.state === asked.state ? is : undefined;
}

/** Why no page can be added; undefined: one can. */
export function whyNoAdd(list: PageList): "full" | "fullOnTrial" | "over" | undefined {
  const quota = list.quota;
  if (!quota || quota.used < quota.limit) return undefined;
  if (quota.overLimit) return "over";
  return quota.plan === Plan.TRIAL ? "fullOnTrial" : "full";
}

/** How many of the bought pages count: on a trial, none (R10, R11). */
export function boughtThatCount(quota: Quota): number {
  return quota.plan === Plan.TRIAL ? 0 : quota.bought;
}

/**
 * Another tab or colleague has dealt with the page that this screen shows: it was understood, or has left the list. Then this
 * screen moves too.
 */
export function wasSettledElsewhere(before: PageList | undefined, now: PageList | undefined, page: Page): boolean {
  const was = findPage(before, page);
  if (!was || !now) return false;
  const is = findPage(now, page);
  return is === undefined || (is.acknowledged && !was.acknowledged);
}
