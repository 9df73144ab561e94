import { findPage, holdsSlot, type Connection, type Page, type Provider } from "@connectionstate/client";
import { client } from "./api/client";
import { followNavigation, movesOnAfter, navigate, notify, route, text, tryOrNotify, tryOrOfferToCancel, view } from "./app";
import { externalChangeText } from "./externalChange";
import { format, nameOf } from "./state/routes";
import { providerName } from "./text/names";
import { pageNameOf } from "./views/parts";

// The merchant's actions. The server's reply decides which screen comes next.

export async function beginConnect(merchant: string, provider: Provider, reconnectPageId?: string): Promise<void> {
  const isSameRoute = captureRoute();
  const reply = await singleFlight(["begin", merchant, nameOf(provider), reconnectPageId], () =>
    tryOrOfferToCancel(
      merchant,
      () => client.beginConnect(merchant, provider, reconnectPageId),
      () => void beginConnect(merchant, provider, reconnectPageId),
    ),
  );
  if (reply?.session && isSameRoute()) navigate({ at: "session", merchant, session: reply.session.sessionId });
}

/** Brings a lost page back, or authorizes a page again that works. Nothing about the page changes until the provider grants access. */
export function reconnect(merchant: string, page: Page): Promise<void> {
  return beginConnect(merchant, page.provider, page.pageId);
}

export async function choosePage(merchant: string, sessionId: string, pageId: string, retry: () => void) {
  return tryOrOfferToCancel(merchant, () => client.choosePage(merchant, sessionId, pageId), retry);
}

export async function refuse(merchant: string, sessionId: string) {
  return tryOrNotify(() => client.cancelSession(merchant, sessionId));
}

/** Cancels an open session. Returns whether it has ended. */
export async function cancelSession(merchant: string, sessionId: string): Promise<boolean> {
  const reply = await singleFlight(["refuse", merchant, sessionId], () => refuse(merchant, sessionId));
  if (reply) notify("good", text.value.pages.cancelled);
  return reply !== undefined;
}

/** Acknowledges a lost page and moves to the next page. May be repeated: every tab gets the same answer. */
export async function acknowledge(merchant: string, page: Page): Promise<void> {
  const isSameRoute = captureRoute();
  const reply = await singleFlight(acknowledgeKey(merchant, page), () =>
    tryOrNotify(() => client.acknowledge(merchant, page)),
  );
  if (reply && isSameRoute()) followNavigation(merchant, reply.navigation);
}

export async function disconnect(merchant: string, connection: Connection, name: string): Promise<void> {
  const page = connection.page!;
  const isSameRoute = captureRoute();
  const movesOn = movesOnAfter(page);
  const reply = await singleFlight(disconnectKey(merchant, page), () =>
    tryOrNotify(() => client.disconnect(merchant, page)),
  );
  if (!reply) return;
  notify("good", (holdsSlot(connection) ? text.value.disconnect.done : text.value.disconnect.removed)(name));
  if (movesOn && isSameRoute()) followNavigation(merchant, reply.navigation);
}

/**
 * Moves on after another tab or colleague acknowledged or disconnected the page, and says what happened, who did it, and where the screen is
 * now. If this tab's own disconnect is in flight, its reply decides instead; it is waited for one second.
 */
export async function followExternalChange(merchant: string, connection: Connection): Promise<void> {
  const page = connection.page!;
  const isOwn = inFlight.has(keyOf(disconnectKey(merchant, page))) || inFlight.has(keyOf(acknowledgeKey(merchant, page)));
  const isSameRoute = captureRoute();
  await Promise.race([inFlight.get(keyOf(disconnectKey(merchant, page))), new Promise((resolve) => setTimeout(resolve, ownReplyLimit))]);
  if (!isSameRoute()) return;
  await acknowledge(merchant, page);
  if (!isOwn && !isSameRoute()) notify("info", [externalChangeText(connection), placeText()].join(" "));
}

// How long to wait for this tab's own reply, which may be lost. In milliseconds.
const ownReplyLimit = 1_000;

const inFlight = new Map<string, Promise<unknown>>();

// Runs one call per key at a time: a second click, or a watch message that arrives before the reply, joins the call in flight.
function singleFlight<T>(key: readonly unknown[], call: () => Promise<T>): Promise<T> {
  const id = keyOf(key);
  const running = inFlight.get(id) ?? call().finally(() => inFlight.delete(id));
  inFlight.set(id, running);
  return running as Promise<T>;
}

// Where the screen is now.
function placeText(): string {
  const at = route.value;
  const words = text.value.inbox;
  if (at.at === "connect") return words.nowAtConnect(providerName(text.value, at.provider));
  const connection = at.at === "inbox" && at.page ? findPage(view.value.list, at.page) : undefined;
  return connection ? words.nowAtInbox(pageNameOf(connection)) : "";
}

function acknowledgeKey(merchant: string, page: Page) {
  return ["acknowledge", merchant, nameOf(page.provider), page.pageId];
}

function disconnectKey(merchant: string, page: Page) {
  return ["disconnect", merchant, nameOf(page.provider), page.pageId];
}

function keyOf(key: readonly unknown[]): string {
  return key.join("/");
}

// A reply that arrives after the user has left the screen must not navigate.
function captureRoute(): () => boolean {
  const captured = format(route.value);
  return () => format(route.value) === captured;
}
