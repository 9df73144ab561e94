import type { AccessToken } from "@connectionstate/client";

// Where the token of this tab comes from. docs/console.md describes both ways for those who open or embed the console.

/** The console to the page that embeds it: a token is needed. */
export const requestType = "connectionstate.token-request";
/** The page that embeds the console to the console: here is a token. */
export const tokenType = "connectionstate.token";

// How long the first screen waits for the embedding page. In milliseconds.
const waitLimit = 2_000;

/**
 * Takes the token out of the fragment of the address, #token=...&expires_at=..., and removes it from the address bar. A tab that is signed in keeps its
 * own: whoever can open a link in the tab must not change who acts in it.
 */
export function takeTokenFromAddress(token: AccessToken, location: Pick<Location, "hash" | "pathname" | "search">, history: Pick<History, "replaceState">): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const value = fragment.get("token");
  if (!value) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (!token.isUsable) token.set(value, parseTime(fragment.get("expires_at")));
}

/** The window of the console, if another page may embed it. */
export interface EmbeddedWindow extends Pick<EventTarget, "addEventListener"> {
  readonly parent: { postMessage(message: unknown, targetOrigin: string): void };
}

/**
 * Gets the tokens from the embedding page, now and whenever the next one is due. Only pages of the given origins are asked and listened to.
 * Resolves when the first token is there, and after two seconds at the latest.
 */
export function getTokensFromEmbeddingPage(token: AccessToken, self: EmbeddedWindow, origins: readonly string[]): Promise<void> {
  if ((self.parent as unknown) === self || origins.length === 0) return Promise.resolve();
  // A browser delivers a message only to a page of the given origin.
  const request = () => origins.forEach((origin) => self.parent.postMessage({ type: requestType }, origin));
  return new Promise((resolve) => {
    setTimeout(resolve, waitLimit);
    self.addEventListener("message", (event) => {
      const { source, origin, data } = event as MessageEvent<{ type?: unknown; token?: unknown; expiresAt?: unknown } | null>;
      if ((source as unknown) !== self.parent || !origins.includes(origin)) return;
      if (data?.type !== tokenType || typeof data.token !== "string") return;
      token.set(data.token, parseTime(data.expiresAt));
      resolve();
    });
    token.onDue = request;
    request();
  });
}

// RFC 3339, as the service writes it.
function parseTime(text: unknown): number | undefined {
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
