// The session at the platform's backend, and the merchant token that it gives to this page. The token is kept in memory only.

interface Token {
  readonly merchantId: string;
  readonly token: string;
  readonly expiresAt: string;
}

let current: Promise<Token> | undefined;
let dueAt = 0;

export async function signIn(who: unknown): Promise<void> {
  const reply = await fetch("/fake-sign-in", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(who) });
  if (!reply.ok) throw new Error("You cannot sign in.");
  forgetToken();
}

/** Returns the token, and asks the backend for the next one after 80 % of its lifetime. */
export async function getToken(): Promise<Token> {
  if (performance.now() >= dueAt) forgetToken();
  current ??= fetchToken();
  try {
    return await current;
  } catch (error) {
    forgetToken();
    throw error;
  }
}

/** How long the token may be used for a stream, in milliseconds. */
export function timeToRenewal(): number {
  return Math.max(0, dueAt - performance.now());
}

/** Forgets a token that the service refused. */
export function forgetToken(): void {
  [current, dueAt] = [undefined, Infinity];
}

async function fetchToken(): Promise<Token> {
  const reply = await fetch("/token", { method: "POST" });
  if (!reply.ok) throw new Error(reply.status === 401 ? "You are not signed in." : "There is no token now.");
  const token: Token = await reply.json();
  // At least a second, in case the clock of this machine is wrong: the service refuses the token when its time has come.
  dueAt = performance.now() + Math.max(1_000, 0.8 * (Date.parse(token.expiresAt) - Date.now()));
  return token;
}
