import { attempt, follow, go, tell, text } from "./app";
import { connecting, pages } from "./api/clients";
import { send } from "./api/send";
import type { Connection, Provider } from "./api/gen/connectionstate/v1/page_pb";
import type { Page } from "./state/routes";

// What the merchant asks for. Where a screen goes afterwards is what the server answers.

const actor = "console";

export async function begin(merchant: string, provider: Provider, reconnectPageId?: string): Promise<void> {
  const begun = await attempt(() =>
    send((requestId) => connecting.beginConnect({ merchantId: merchant, provider, reconnectPageId, requestId, actor })),
  );
  if (begun?.session) go({ at: "session", merchant, session: begun.session.sessionId });
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
  const done = await attempt(() => send((requestId) => pages.acknowledge({ merchantId: merchant, page, requestId, actor })));
  if (done) follow(merchant, done.navigation);
}

export async function disconnect(merchant: string, connection: Connection, name: string): Promise<void> {
  const { page } = connection;
  const done = await attempt(() => send((requestId) => pages.disconnect({ merchantId: merchant, page, requestId, actor })));
  if (!done) return;
  tell("good", text.value.disconnect.done(name));
  follow(merchant, done.navigation);
}
