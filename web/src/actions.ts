import { attempt, follow, go, route, tell, text } from "./app";
import { connecting, pages } from "./api/clients";
import { pause, send } from "./api/send";
import type { Connection, Provider } from "./api/gen/connectionstate/v1/page_pb";
import { format, nameOf, type Page } from "./state/routes";

// What the merchant asks for. Where a screen goes afterwards is what the server answers.

const actor = "console";

export async function begin(merchant: string, provider: Provider, reconnectPageId?: string): Promise<void> {
  const still = fromHere();
  const begun = await once(["begin", merchant, nameOf(provider), reconnectPageId], () =>
    attempt(() => send((requestId) => connecting.beginConnect({ merchantId: merchant, provider, reconnectPageId, requestId, actor }))),
  );
  if (begun?.session && still()) go({ at: "session", merchant, session: begun.session.sessionId });
}

export function reconnect(merchant: string, page: Page): Promise<void> {
  return begin(merchant, page.provider, page.pageId);
}

export async function choosePage(merchant: string, sessionId: string, pageId: string) {
  return attempt(() => send((requestId) => connecting.choosePage({ merchantId: merchant, sessionId, pageId, requestId, actor })));
}

export async function refuse(merchant: string, sessionId: string) {
  return attempt(() => send((requestId) => connecting.refuse({ merchantId: merchant, sessionId, requestId, actor })));
}

/** "Understood", and on to the next page. Any number of times: every tab gets the same answer. */
export async function acknowledge(merchant: string, page: Page): Promise<void> {
  const still = fromHere();
  const done = await once(["acknowledge", merchant, nameOf(page.provider), page.pageId], () =>
    attempt(() => send((requestId) => pages.acknowledge({ merchantId: merchant, page, requestId, actor }))),
  );
  if (done && still()) follow(merchant, done.navigation);
}

export async function disconnect(merchant: string, connection: Connection, name: string): Promise<void> {
  const page = connection.page!;
  const still = fromHere();
  const done = await once(disconnecting(merchant, page), () =>
    attempt(() => send((requestId) => pages.disconnect({ merchantId: merchant, page, requestId, actor }))),
  );
  if (!done) return;
  tell("good", text.value.disconnect.done(name));
  if (still()) follow(merchant, done.navigation);
}

/** Somebody has understood, or has disconnected the page: asks where to go, unless this screen is told that already. */
export async function followOthers(merchant: string, page: Page): Promise<void> {
  const still = fromHere();
  await Promise.race([underWay.get(keyOf(disconnecting(merchant, page))), pause(patience)]);
  if (still()) await acknowledge(merchant, page);
}

// For how long an answer that may have been lost is waited for, in milliseconds.
const patience = 1_000;

const underWay = new Map<string, Promise<unknown>>();

// One at a time of each: a second click, or a watch that was faster than the reply, joins the first.
function once<T>(what: readonly unknown[], act: () => Promise<T>): Promise<T> {
  const key = keyOf(what);
  const running = underWay.get(key) ?? act().finally(() => underWay.delete(key));
  underWay.set(key, running);
  return running as Promise<T>;
}

function disconnecting(merchant: string, page: Page) {
  return ["disconnect", merchant, nameOf(page.provider), page.pageId];
}

function keyOf(what: readonly unknown[]): string {
  return what.join("/");
}

// A late answer moves nobody who has gone elsewhere by then.
function fromHere(): () => boolean {
  const here = format(route.value);
  return () => format(route.value) === here;
}
